/**
 * The bootstrap of a difference: two detectors scored on the same samples, compared on the same replicates. Unlike
 * DeLong's test it knows that the frames of a video belong together.
 */
import { type Labels, readSamples, type Scores } from "./input.js";
import { type NullWhenUndefined, orNull, type ThrowWhenUndefined } from "./metric.js";
import { type ResamplingOptions, readResampling, replicate, summarize } from "./replicate.js";
import { type Clusters, numberClusters } from "./resample.js";
import { type Statistic, type WeightedStatistic, weightedStatistic } from "./weighted.js";

/** Samples scored twice. */
export interface PairedSamples {
  /** 1 or true = fake. */
  labels: Labels;
  /** The first score of each sample. */
  scoresA: Scores;
  /** The second score of each sample. */
  scoresB: Scores;
  /** What is drawn as one; {@link videoClusters} makes them. Default: every sample on its own. */
  clusters?: Clusters;
}

/** The difference of a statistic between two scores of the same samples. */
export interface PairedBootstrap {
  /** The statistic of the first scores. */
  readonly valueA: number;
  /** The statistic of the second scores. */
  readonly valueB: number;
  /** `valueA − valueB`. */
  readonly difference: number;
  /** Lower end of the difference's percentile interval. */
  readonly low: number;
  /** Upper end of the difference's percentile interval. */
  readonly high: number;
  /** Standard deviation of the difference over the replicates. */
  readonly standardError: number;
  /**
   * Two-sided, of the hypothesis of no difference: twice the share of replicates on the rarer side of 0, one added to
   * both counts so that it is never 0 (Davison and Hinkley 1997).
   */
  readonly pValue: number;
  /** Replicates drawn. */
  readonly replicates: number;
  /** Replicates on which either statistic was undefined; they take no part in the interval. */
  readonly undefinedReplicates: number;
}

/**
 * Bootstrap of the difference of a statistic, such as {@link rocAuc}, between two scores of the same samples. Every
 * replicate draws the same clusters for both, so what both find easy or hard cancels out.
 *
 * @throws InvalidInputError and UndefinedMetricError as {@link bootstrapInterval}
 */
export function pairedBootstrap(
  samples: PairedSamples,
  statistic: Statistic,
  options: ResamplingOptions & ThrowWhenUndefined,
): PairedBootstrap;
/** {@link pairedBootstrap} that gives `null` where it is undefined and the options ask for `null`. */
export function pairedBootstrap(
  samples: PairedSamples,
  statistic: Statistic,
  options: ResamplingOptions & NullWhenUndefined,
): PairedBootstrap | null;
export function pairedBootstrap(
  samples: PairedSamples,
  statistic: Statistic,
  options: ResamplingOptions & NullWhenUndefined,
): PairedBootstrap | null {
  return orNull(options, () => {
    const resampling = readResampling(options);
    const { labels, scores: scoresA } = readSamples(samples.labels, samples.scoresA, "scoresA");
    const { scores: scoresB } = readSamples(samples.labels, samples.scoresB, "scoresB");
    const clusters = numberClusters(samples.clusters, labels, resampling.stratified);
    const computeA = weightedStatistic(statistic, labels, scoresA, clusters);
    const computeB = weightedStatistic(statistic, labels, scoresB, clusters);
    const once = new Uint32Array(clusters.count).fill(1);
    const valueA = computeA(once);
    const valueB = computeB(once);
    const difference: WeightedStatistic = (weights) => computeA(weights) - computeB(weights);
    const { values, ...drawn } = replicate(clusters, difference, resampling);
    const below = values.filter((change) => change <= 0).length;
    const above = values.filter((change) => change >= 0).length;
    return {
      valueA,
      valueB,
      difference: valueA - valueB,
      ...summarize(values, resampling.confidence),
      pValue: Math.min(1, (2 * (Math.min(below, above) + 1)) / (values.length + 1)),
      ...drawn,
    };
  });
}
