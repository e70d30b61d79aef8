/**
 * Drawing bootstrap replicates of clusters (the frames of a video are drawn together, or the interval comes out far too
 * narrow). A replicate is a weight for every cluster: how often it was drawn. What a statistic is on it is computed in
 * `weighted.ts`.
 */
import { InvalidInputError } from "./errors.js";
import { requireLength } from "./input.js";
import { Xoshiro128 } from "./random.js";

/** One cluster id a sample; samples with the same id are drawn together. */
export type Clusters = ArrayLike<string | number>;

/** Clusters numbered 0, 1, 2, … in the order of their first samples. */
export interface NumberedClusters {
  /** The cluster of each sample. */
  readonly ofSample: Uint32Array;
  /** How many clusters there are. */
  readonly count: number;
}

/** Numbers the clusters; without any, every sample is its own. @throws InvalidInputError */
export function numberClusters(clusters: Clusters | undefined, samples: number): NumberedClusters {
  const ofSample = new Uint32Array(samples);
  if (clusters === undefined) return { ofSample: ofSample.map((_, i) => i), count: samples };
  requireLength("clusters", clusters.length, samples);
  const numbers = new Map<string | number, number>();
  for (let i = 0; i < samples; i++) {
    const id = clusters[i];
    if (id === undefined || (typeof id !== "string" && !Number.isFinite(id))) {
      throw new InvalidInputError(`clusters[${i}]`, "a string or a finite number", id);
    }
    const number = numbers.get(id) ?? numbers.size;
    if (number === numbers.size) numbers.set(id, number);
    ofSample[i] = number;
  }
  return { ofSample, count: numbers.size };
}

/** The clusters to draw from: all together, or those of reals and of fakes apart. @throws InvalidInputError */
export function strata(labels: Uint8Array, clusters: NumberedClusters, isStratified: boolean): Uint32Array[] {
  const all = new Uint32Array(clusters.count).map((_, cluster) => cluster);
  if (!isStratified) return [all];
  const labelOf = new Uint8Array(clusters.count);
  clusters.ofSample.forEach((cluster, i) => {
    labelOf[cluster] = labels[i]!;
  });
  clusters.ofSample.forEach((cluster, i) => {
    if (labelOf[cluster] !== labels[i]) {
      throw new InvalidInputError("options.stratified", "clusters of one label each", `both in that of sample ${i}`);
    }
  });
  return [all.filter((cluster) => labelOf[cluster] === 0), all.filter((cluster) => labelOf[cluster] === 1)];
}

/** Draws a replicate into `weights`: of every stratum as many clusters as it has, with replacement. */
export function drawWeights(seed: number, replicate: number, from: readonly Uint32Array[], weights: Uint32Array): void {
  const random = Xoshiro128.forReplicate(seed, replicate);
  weights.fill(0);
  for (const stratum of from) {
    const size = stratum.length;
    for (let draw = 0; draw < size; draw++) weights[stratum[random.below(size)]!]!++;
  }
}
