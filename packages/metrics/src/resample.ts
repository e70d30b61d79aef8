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

/** Clusters numbered from 0, stratum after stratum. */
export interface NumberedClusters {
  /** The cluster of each sample. */
  readonly ofSample: Uint32Array;
  /** How many clusters there are. */
  readonly count: number;
  /** How many clusters each stratum has: what a replicate draws from it. */
  readonly strata: readonly number[];
}

/**
 * Numbers the clusters in the order of their first samples; without any, every sample is its own. Stratified, those of
 * reals come before those of fakes.
 *
 * @throws InvalidInputError on an id that is neither string nor finite number, and, stratified, on a cluster of both labels
 */
export function numberClusters(
  clusters: Clusters | undefined,
  labels: Uint8Array,
  isStratified: boolean,
): NumberedClusters {
  const samples = labels.length;
  const ofSample = new Uint32Array(samples).map((_, i) => i);
  let count = samples;
  if (clusters !== undefined) {
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
    count = numbers.size;
  }
  return isStratified ? stratify(ofSample, count, labels) : { ofSample, count, strata: [count] };
}

/** Draws a replicate into `weights`: of every stratum as many clusters as it has, with replacement. */
export function drawWeights(seed: number, replicate: number, strata: readonly number[], weights: Uint32Array): void {
  const random = Xoshiro128.forReplicate(seed, replicate);
  weights.fill(0);
  let first = 0;
  for (const size of strata) {
    for (let draw = 0; draw < size; draw++) weights[first + random.below(size)]!++;
    first += size;
  }
}

function stratify(ofSample: Uint32Array, count: number, labels: Uint8Array): NumberedClusters {
  const labelOf = new Uint8Array(count);
  ofSample.forEach((cluster, i) => {
    labelOf[cluster] = labels[i]!;
  });
  ofSample.forEach((cluster, i) => {
    if (labelOf[cluster] !== labels[i]) {
      throw new InvalidInputError("options.stratified", "clusters of one label each", `both in that of sample ${i}`);
    }
  });
  const fakes = labelOf.reduce((sum, label) => sum + label, 0);
  const next = [0, count - fakes] as [number, number]; // the next number of a real and of a fake cluster
  const renumbered = Uint32Array.from(labelOf, (label) => next[label === 1 ? 1 : 0]++);
  return { ofSample: ofSample.map((cluster) => renumbered[cluster]!), count, strata: [count - fakes, fakes] };
}
