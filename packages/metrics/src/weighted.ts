/**
 * Statistics of samples that count several times or not at all. For a metric of ranked scores the samples are ranked once
 * and a replicate only changes how much each counts, so 1000 replicates cost 1000 passes and one sort. Any other function
 * gets arrays with every sample repeated as often as it counts.
 */
import { rocAuc } from "./auc.js";
import { InvalidInputError, UndefinedMetricError } from "./errors.js";
import { rankedForm } from "./metric.js";
import { RankedScores } from "./ranked.js";
import { requireBothClasses } from "./require.js";
import type { NumberedClusters } from "./resample.js";
import { argsortDescending } from "./sort.js";

/**
 * A number computed from labels and scores; `null` or an UndefinedMetricError say that there is none. A metric made by
 * {@link scoreMetric}, as {@link rocAuc} and {@link averagePrecision} are, is recognised and ranks the scores once in all.
 * The arrays that any other function gets are used again for the next replicate: it must not keep them.
 */
export type Statistic = (labels: Uint8Array, scores: Float64Array) => number | null;

/** A statistic of the same samples under different weights, one a cluster; throws where it is undefined. */
export type WeightedStatistic = (weights: Uint32Array) => number;

/** Prepares a statistic for many replicates of the same samples. */
export function weightedStatistic(
  statistic: Statistic,
  labels: Uint8Array,
  scores: Float64Array,
  clusters: NumberedClusters,
): WeightedStatistic {
  if (statistic === rocAuc) return weightedAuc(rankOnce(labels, scores, clusters));
  const ofRanked = rankedForm(statistic);
  if (ofRanked !== undefined) {
    const rank = weightedRanking(rankOnce(labels, scores, clusters));
    return (weights) => requireValue(ofRanked(rank(weights)));
  }
  const repeat = repeatedSamples(labels, scores, clusters);
  return (weights) => {
    const replicate = repeat(weights);
    return requireValue(statistic(replicate.labels, replicate.scores));
  };
}

function requireValue(value: unknown): number {
  if (value === null) throw new UndefinedMetricError("statistic", "it returned null");
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new InvalidInputError("statistic", "a function that returns a finite number or null", value);
  }
  return value;
}

/** Samples by descending score. */
interface Ranking {
  scores: Float64Array;
  labels: Uint8Array;
  clusters: Uint32Array;
  /** 1 at the last sample of every distinct score. */
  endsTie: Uint8Array;
}

function rankOnce(labels: Uint8Array, scores: Float64Array, clusters: NumberedClusters): Ranking {
  const { order, sorted } = argsortDescending(scores);
  return {
    scores: sorted,
    labels: Uint8Array.from(order, (i) => labels[i]!),
    clusters: order.map((i) => clusters.ofSample[i]!),
    endsTie: Uint8Array.from(sorted, (score, i) => (score === sorted[i + 1] ? 0 : 1)),
  };
}

/** The AUC as `rocAuc` counts it, without the arrays in between. */
function weightedAuc({ labels, clusters, endsTie }: Ranking): WeightedStatistic {
  return (weights) => {
    let twicePairs = 0;
    let fakes = 0;
    let reals = 0;
    let fakesHere = 0;
    let realsHere = 0;
    for (let i = 0; i < labels.length; i++) {
      const weight = weights[clusters[i]!]!;
      const fake = weight * labels[i]!;
      fakesHere += fake;
      realsHere += weight - fake;
      if (endsTie[i] === 1) {
        twicePairs += realsHere * (2 * fakes + fakesHere);
        fakes += fakesHere;
        reals += realsHere;
        fakesHere = 0;
        realsHere = 0;
      }
    }
    requireBothClasses("rocAuc", fakes, reals);
    return twicePairs / (2 * fakes * reals);
  };
}

/** Ranked scores of a replicate; their arrays are written again by the next. */
function weightedRanking({ scores, labels, clusters, endsTie }: Ranking): (weights: Uint32Array) => RankedScores {
  const thresholds = new Float64Array(scores.length);
  const truePositives = new Uint32Array(scores.length);
  const falsePositives = new Uint32Array(scores.length);
  return (weights) => {
    let groups = 0;
    let fakes = 0;
    let total = 0;
    let totalBefore = 0;
    for (let i = 0; i < labels.length; i++) {
      const weight = weights[clusters[i]!]!;
      fakes += weight * labels[i]!;
      total += weight;
      if (endsTie[i] === 1 && total > totalBefore) {
        thresholds[groups] = scores[i]!;
        truePositives[groups] = fakes;
        falsePositives[groups] = total - fakes;
        groups++;
        totalBefore = total;
      }
    }
    return new RankedScores(
      thresholds.subarray(0, groups),
      truePositives.subarray(0, groups),
      falsePositives.subarray(0, groups),
    );
  };
}

/** The samples of a replicate, in their order, each as often as it counts; its arrays are written again by the next. */
function repeatedSamples(labels: Uint8Array, scores: Float64Array, { ofSample }: NumberedClusters) {
  let replicate = { labels: new Uint8Array(labels.length), scores: new Float64Array(labels.length) };
  return (weights: Uint32Array) => {
    let total = 0;
    for (let i = 0; i < ofSample.length; i++) total += weights[ofSample[i]!]!;
    if (total > replicate.labels.length) {
      replicate = { labels: new Uint8Array(total), scores: new Float64Array(total) };
    }
    let next = 0;
    for (let i = 0; i < ofSample.length; i++) {
      const end = next + weights[ofSample[i]!]!;
      replicate.labels.fill(labels[i]!, next, end);
      replicate.scores.fill(scores[i]!, next, end);
      next = end;
    }
    return { labels: replicate.labels.subarray(0, total), scores: replicate.scores.subarray(0, total) };
  };
}
