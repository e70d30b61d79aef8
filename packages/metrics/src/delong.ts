/**
 * The variance of an AUC, and of the difference of two AUCs on the same samples, without resampling (DeLong, DeLong and
 * Clarke-Pearson 1988), from midranks in O(n log n) (Sun and Xu 2014, "Fast Implementation of DeLong's Algorithm"). It
 * takes samples as independent: for frames of videos use the bootstrap clustered by video.
 */
import { InvalidInputError, UndefinedMetricError } from "./errors.js";
import { type Labels, readSamples, requireInRange, type Scores } from "./input.js";
import { type NullWhenUndefined, orNull, sampleMetric, type ThrowWhenUndefined } from "./metric.js";
import { normalQuantile, twoSidedPValue } from "./normal.js";
import { requireBothClasses } from "./require.js";
import { argsortDescending } from "./sort.js";

/** Options of {@link delongTest}. */
export interface DelongTestOptions {
  /** Confidence of the interval, above 0 and below 1. Default 0.95. */
  confidence?: number;
}

/** Two AUCs on the same samples, compared. */
export interface DelongTest {
  /** AUC of the first scores. */
  readonly aucA: number;
  /** AUC of the second scores. */
  readonly aucB: number;
  /** `aucA − aucB`. */
  readonly difference: number;
  /** Standard error of the difference. */
  readonly standardError: number;
  /** The difference in standard errors. */
  readonly z: number;
  /** Two-sided, of the hypothesis that both AUCs are equal. */
  readonly pValue: number;
  /** Normal confidence interval of the difference. */
  readonly interval: {
    /** Lower end. */
    readonly low: number;
    /** Upper end. */
    readonly high: number;
  };
}

/** Options of {@link delongInterval}. */
export interface DelongIntervalOptions {
  /** Confidence, above 0 and below 1. Default 0.95. */
  confidence?: number;
  /**
   * Where the interval is symmetric: `"linear"` (default), on the AUC itself, and may then pass 1; or `"logit"`, on
   * ln(AUC / (1 − AUC)), and stays inside 0 to 1, but does not exist for an AUC of 0 or 1.
   */
  scale?: "linear" | "logit";
}

/** An AUC with its confidence interval. */
export interface DelongInterval {
  /** The AUC. */
  readonly value: number;
  /** Lower end. */
  readonly low: number;
  /** Upper end. */
  readonly high: number;
  /** Standard error of the AUC, not of its logit. */
  readonly standardError: number;
}

/**
 * Confidence interval of the AUC of independent samples.
 *
 * Undefined with fewer than two fakes or two reals, and on the logit scale for an AUC of 0 or 1.
 */
export const delongInterval = sampleMetric<DelongInterval, DelongIntervalOptions>((labels, scores, options) => {
  const width = normalWidth(options?.confidence);
  const scale: string = options?.scale ?? "linear";
  if (scale !== "linear" && scale !== "logit") {
    throw new InvalidInputError("options.scale", '"linear" or "logit"', scale);
  }
  const samples = readSamples(labels, scores);
  const { auc, placements } = place("delongInterval", samples.labels, samples.scores);
  const standardError = Math.sqrt(variance(samples.labels, auc, placements));
  if (scale === "linear") {
    return { value: auc, low: auc - width * standardError, high: auc + width * standardError, standardError };
  }
  if (auc === 0 || auc === 1)
    throw new UndefinedMetricError("delongInterval", `the logit of an AUC of ${auc} is infinite`);
  const factor = Math.exp((width * standardError) / (auc * (1 - auc)));
  return {
    value: auc,
    low: auc / (auc + (1 - auc) * factor),
    high: (auc * factor) / (auc * factor + (1 - auc)),
    standardError,
  };
});

/**
 * DeLong's test that two scores of the same independent samples have one AUC.
 *
 * @throws InvalidInputError on unreadable samples
 * @throws UndefinedMetricError with fewer than two fakes or two reals, and where the difference has no variance (the
 * same ranking twice, or two perfect ones)
 */
export function delongTest(
  labels: Labels,
  scoresA: Scores,
  scoresB: Scores,
  options?: DelongTestOptions & ThrowWhenUndefined,
): DelongTest;
/** {@link delongTest} that gives `null` where it is undefined and the options ask for `null`. */
export function delongTest(
  labels: Labels,
  scoresA: Scores,
  scoresB: Scores,
  options?: DelongTestOptions & NullWhenUndefined,
): DelongTest | null;
export function delongTest(
  labels: Labels,
  scoresA: Scores,
  scoresB: Scores,
  options?: DelongTestOptions & NullWhenUndefined,
): DelongTest | null {
  return orNull(options, () => {
    const width = normalWidth(options?.confidence);
    const samples = readSamples(labels, scoresA, "scoresA");
    const a = place("delongTest", samples.labels, samples.scores);
    const b = place("delongTest", samples.labels, readSamples(labels, scoresB, "scoresB").scores);
    const change = a.placements.map((placement, i) => placement - b.placements[i]!);
    const difference = a.auc - b.auc;
    const standardError = Math.sqrt(variance(samples.labels, difference, change));
    if (standardError === 0) throw new UndefinedMetricError("delongTest", "the difference of the AUCs has no variance");
    const z = difference / standardError;
    return {
      aucA: a.auc,
      aucB: b.auc,
      difference,
      standardError,
      z,
      pValue: twoSidedPValue(z),
      interval: { low: difference - width * standardError, high: difference + width * standardError },
    };
  });
}

/** How many standard errors a normal interval reaches to either side. */
function normalWidth(confidence = 0.95): number {
  requireInRange("options.confidence", confidence, "(0, 1)");
  return -normalQuantile((1 - confidence) / 2);
}

/**
 * The AUC and its structural components: for a fake the share of reals below it, for a real the share of fakes above it,
 * ties counting half. Both have the AUC as their mean.
 */
function place(metric: string, labels: Uint8Array, scores: Float64Array): { auc: number; placements: Float64Array } {
  const count = labels.length;
  let positives = 0;
  for (let i = 0; i < count; i++) positives += labels[i]!;
  const negatives = count - positives;
  requireBothClasses(metric, positives, negatives, 2);
  const { order, sorted } = argsortDescending(scores);
  const placements = new Float64Array(count);
  let fakesAbove = 0;
  let realsAbove = 0;
  let twicePairs = 0;
  for (let start = 0, end = 0; start < count; start = end) {
    let fakesHere = 0;
    while (end < count && sorted[end] === sorted[start]) fakesHere += labels[order[end++]!]!;
    const realsHere = end - start - fakesHere;
    const ofFake = (negatives - realsAbove - realsHere / 2) / negatives;
    const ofReal = (fakesAbove + fakesHere / 2) / positives;
    for (let i = start; i < end; i++) placements[order[i]!] = labels[order[i]!] === 1 ? ofFake : ofReal;
    twicePairs += realsHere * (2 * fakesAbove + fakesHere);
    fakesAbove += fakesHere;
    realsAbove += realsHere;
  }
  return { auc: twicePairs / (2 * positives * negatives), placements };
}

/** Variance of the mean of the components: that of the fakes' over their number plus that of the reals' over theirs. */
function variance(labels: Uint8Array, mean: number, components: Float64Array): number {
  const squares = [0, 0] as [number, number]; // of reals, of fakes
  const counts = [0, 0] as [number, number];
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] === 1 ? 1 : 0;
    squares[label] += (components[i]! - mean) ** 2;
    counts[label]++;
  }
  return squares[0] / (counts[0] - 1) / counts[0] + squares[1] / (counts[1] - 1) / counts[1];
}
