/**
 * Bias-corrected and accelerated bootstrap intervals (Efron 1987, "Better Bootstrap Confidence Intervals"): the percentile
 * interval with its two tails moved. Ties between replicates and value count half, as in SciPy.
 */
import { UndefinedMetricError } from "./errors.js";
import { normalCdf, normalQuantile } from "./normal.js";
import type { Tails } from "./replicate.js";
import type { WeightedStatistic } from "./weighted.js";

/** The statistic without each cluster in turn. */
export function jackknife(compute: WeightedStatistic, clusterCount: number): Float64Array {
  const weights = new Uint32Array(clusterCount).fill(1);
  return new Float64Array(clusterCount).map((_, cluster) => {
    weights[cluster] = 0;
    const value = compute(weights);
    weights[cluster] = 1;
    return value;
  });
}

/** The shares that BCa reads its interval at: shifted by the replicates' median bias and by the jackknife's skewness. */
export function bcaShares(
  value: number,
  replicates: Float64Array,
  jackknifed: Float64Array,
  confidence: number,
): Tails {
  const below = replicates.filter((replicate) => replicate < value).length;
  const equal = replicates.filter((replicate) => replicate === value).length;
  const share = (below + equal / 2) / replicates.length;
  if (share === 0 || share === 1)
    throw new UndefinedMetricError("bootstrap", "all replicates lie on one side of the value");
  const bias = normalQuantile(share);
  const mean = jackknifed.reduce((sum, each) => sum + each, 0) / jackknifed.length;
  const squares = jackknifed.reduce((sum, each) => sum + (mean - each) ** 2, 0);
  const cubes = jackknifed.reduce((sum, each) => sum + (mean - each) ** 3, 0);
  if (squares === 0) throw new UndefinedMetricError("bootstrap", "no single cluster changes the statistic");
  const acceleration = cubes / (6 * squares ** 1.5);
  const shift = (tail: number) => {
    const z = bias + normalQuantile(tail);
    return normalCdf(bias + z / (1 - acceleration * z));
  };
  return [shift((1 - confidence) / 2), shift((1 + confidence) / 2)];
}
