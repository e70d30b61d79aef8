/** Running a statistic over bootstrap replicates, and the interval and standard error of what comes out. */
import { UndefinedMetricError } from "./errors.js";
import { requireInRange, requireInteger } from "./input.js";
import { orNull } from "./metric.js";
import { quantileOfSorted } from "./quantile.js";
import { drawWeights, type NumberedClusters } from "./resample.js";
import type { WeightedStatistic } from "./weighted.js";

/** Options of every bootstrap. */
export interface ResamplingOptions {
  /** Seed of the draws, an integer from 0 to 2⁵³ − 1. The same seed draws the same replicates everywhere. */
  seed: number;
  /** Replicates to draw, at least 2. Default 1000. */
  replicates?: number;
  /** Confidence of the interval, above 0 and below 1. Default 0.95. */
  confidence?: number;
  /**
   * Draws fakes and reals apart, each as many clusters as there are, so that no replicate lacks a class. Needs clusters
   * of one label each. Default false.
   */
  stratified?: boolean;
}

/** Options read, with their defaults. @throws InvalidInputError */
export function readResampling(options: ResamplingOptions): Required<ResamplingOptions> {
  const { seed, replicates = 1000, confidence = 0.95, stratified = false } = options;
  requireInteger("options.seed", seed, 0);
  requireInteger("options.replicates", replicates, 2);
  requireInRange("options.confidence", confidence, "(0, 1)");
  return { seed, replicates, confidence, stratified };
}

/** The statistic of every replicate that has one, and how many had none. */
export function replicate(
  clusters: NumberedClusters,
  compute: WeightedStatistic,
  { seed, replicates }: Required<ResamplingOptions>,
): { values: Float64Array; replicates: number; undefinedReplicates: number } {
  if (clusters.count < 2) {
    throw new UndefinedMetricError("bootstrap", `it needs at least two clusters to draw from, got ${clusters.count}`);
  }
  const weights = new Uint32Array(clusters.count);
  const values = new Float64Array(replicates);
  let defined = 0;
  for (let i = 0; i < replicates; i++) {
    drawWeights(seed, i, clusters.strata, weights);
    const value = orNull({ whenUndefined: "null" }, () => compute(weights));
    if (value !== null) values[defined++] = value;
  }
  if (defined < 2) {
    throw new UndefinedMetricError("bootstrap", `the statistic has a value on ${defined} of ${replicates} replicates`);
  }
  return { values: values.subarray(0, defined), replicates, undefinedReplicates: replicates - defined };
}

/** The shares of replicates below the two ends of an interval. */
export type Tails = readonly [number, number];

/** The interval between two tails, and the standard deviation. Default tails: as many replicates outside at each end. */
export function summarize(
  values: Float64Array,
  confidence: number,
  tails: Tails = [(1 - confidence) / 2, (1 + confidence) / 2],
) {
  const sorted = values.slice().sort();
  // Measured from one of the values, so that equal values deviate by exactly 0.
  const shifts = values.map((value) => value - values[0]!);
  const mean = shifts.reduce((sum, shift) => sum + shift, 0) / shifts.length;
  const squares = shifts.reduce((sum, shift) => sum + (shift - mean) ** 2, 0);
  return {
    low: quantileOfSorted(sorted, tails[0]),
    high: quantileOfSorted(sorted, tails[1]),
    standardError: Math.sqrt(squares / (values.length - 1)),
  };
}
