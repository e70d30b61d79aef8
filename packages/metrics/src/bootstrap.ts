/**
 * Bootstrap confidence intervals (Efron and Tibshirani 1993, "An Introduction to the Bootstrap"), clustered: whole
 * clusters are drawn, so that the frames of one video do not count as independent (Field and Welsh 2007). Percentile
 * intervals, or bias-corrected and accelerated ones.
 */
import { bcaShares, jackknife } from "./bca.js";
import { InvalidInputError } from "./errors.js";
import { type Labels, readSamples, type Scores } from "./input.js";
import { type NullWhenUndefined, orNull, type ThrowWhenUndefined } from "./metric.js";
import { type ResamplingOptions, readResampling, replicate, summarize } from "./replicate.js";
import { type Clusters, numberClusters } from "./resample.js";
import { type Statistic, weightedStatistic } from "./weighted.js";

/** Samples to draw from. */
export interface BootstrapSamples {
  /** 1 or true = fake. */
  labels: Labels;
  /** One finite score a sample, higher = more fake. */
  scores: Scores;
  /** What is drawn as one; {@link videoClusters} makes them. Default: every sample on its own. */
  clusters?: Clusters;
}

/** Options of {@link bootstrapInterval}. */
export interface BootstrapOptions extends ResamplingOptions {
  /**
   * `"percentile"` (default). `"bca"`: corrected for bias and skewness by the jackknife, which computes the statistic
   * once more per cluster; not together with `stratified`.
   */
  method?: "percentile" | "bca";
}

/** A statistic with its confidence interval. */
export interface BootstrapInterval {
  /** The statistic of the samples themselves. */
  readonly value: number;
  /** Lower end. */
  readonly low: number;
  /** Upper end. */
  readonly high: number;
  /** Standard deviation of the statistic over the replicates. */
  readonly standardError: number;
  /** Replicates drawn. */
  readonly replicates: number;
  /** Replicates on which the statistic was undefined; they take no part in the interval. */
  readonly undefinedReplicates: number;
}

/**
 * Bootstrap confidence interval of a statistic of labels and scores.
 *
 * @param samples labels, scores and what is drawn as one
 * @param statistic such as {@link rocAuc}, {@link brierScore}, or a function of one's own
 * @throws InvalidInputError on unreadable samples, options out of range, or a statistic that returns no finite number
 * @throws UndefinedMetricError where the statistic is undefined on the samples or on all but one replicate, with fewer
 * than two clusters, and for `"bca"` where it is undefined without some cluster or all replicates lie on one side
 */
export function bootstrapInterval(
  samples: BootstrapSamples,
  statistic: Statistic,
  options: BootstrapOptions & ThrowWhenUndefined,
): BootstrapInterval;
/** {@link bootstrapInterval} that gives `null` where it is undefined and the options ask for `null`. */
export function bootstrapInterval(
  samples: BootstrapSamples,
  statistic: Statistic,
  options: BootstrapOptions & NullWhenUndefined,
): BootstrapInterval | null;
export function bootstrapInterval(
  samples: BootstrapSamples,
  statistic: Statistic,
  options: BootstrapOptions & NullWhenUndefined,
): BootstrapInterval | null {
  return orNull(options, () => {
    const method: string = options.method ?? "percentile";
    if (method !== "percentile" && method !== "bca") {
      throw new InvalidInputError("options.method", '"percentile" or "bca"', method);
    }
    if (method === "bca" && options.stratified) {
      throw new InvalidInputError("options.stratified", 'false where options.method is "bca"', true);
    }
    const resampling = readResampling(options);
    const { labels, scores } = readSamples(samples.labels, samples.scores);
    const clusters = numberClusters(samples.clusters, labels, resampling.stratified);
    const compute = weightedStatistic(statistic, labels, scores, clusters);
    const value = compute(new Uint32Array(clusters.count).fill(1));
    const { values, ...drawn } = replicate(clusters, compute, resampling);
    const { confidence } = resampling;
    const tails =
      method === "bca" ? bcaShares(value, values, jackknife(compute, clusters.count), confidence) : undefined;
    return { value, ...summarize(values, confidence, tails), ...drawn };
  });
}
