/**
 * Labels and scores after the one sort that every ranking metric needs: for each distinct score, highest first, how many
 * fakes and reals score at least that much. Tied scores are one entry, so no metric can depend on the order of samples.
 * This is a sufficient statistic of (label, score) pairs: whatever does not look at sample order can be computed from it.
 */
import { type Labels, readSamples, type Scores } from "./input.js";
import { sortDescending } from "./sort.js";

/**
 * Samples sorted once, for any number of metrics: pass it in place of `labels, scores`.
 * Made by {@link rankScores}. The arrays are the metrics' own working data and must not be written.
 */
export class RankedScores {
  /** Distinct scores, descending. */
  readonly thresholds: Float64Array;
  /** At each threshold: fakes whose score is at least that. */
  readonly truePositives: Uint32Array;
  /** At each threshold: reals whose score is at least that. */
  readonly falsePositives: Uint32Array;
  /** Number of fakes. */
  readonly positives: number;
  /** Number of reals. */
  readonly negatives: number;

  /** @internal */
  constructor(thresholds: Float64Array, truePositives: Uint32Array, falsePositives: Uint32Array) {
    this.thresholds = thresholds;
    this.truePositives = truePositives;
    this.falsePositives = falsePositives;
    this.positives = truePositives.at(-1) ?? 0;
    this.negatives = falsePositives.at(-1) ?? 0;
  }
}

/**
 * Sorts samples by score once, for use with every ranking metric.
 *
 * 16 bytes a sample, and up to twice that while it runs; plus 8 a sample where the scores are no `Float64Array` and 1 where
 * the labels are no `Uint8Array`, for their copies while it runs.
 *
 * @param labels one label a sample, 1 or true = fake
 * @param scores one finite score a sample, higher = more fake
 * @throws InvalidInputError on lengths that differ, a label that is not 0 or 1, a score that is not finite
 */
export function rankScores(labels: Labels, scores: Scores): RankedScores {
  const samples = readSamples(labels, scores);
  const { keys, carried } = sortDescending(samples.scores, samples.labels);
  // Ties become one entry within the sorted arrays. Every sample overwrites the entry of the scores tied with it, and an
  // entry is never ahead of the sample that is read.
  const count = keys.length;
  const falsePositives = new Uint32Array(count);
  let entry = 0;
  let fakes = 0;
  for (let i = 0; i < count; i++) {
    const score = keys[i]!;
    if (i > 0 && score !== keys[entry]) entry++;
    fakes = (fakes + carried[i]!) | 0;
    keys[entry] = score + 0; // −0 and 0 tie: always 0
    carried[entry] = fakes;
    falsePositives[entry] = i + 1 - fakes;
  }
  const entries = count === 0 ? 0 : entry + 1;
  const trim = <Values extends Float64Array | Uint32Array>(values: Values) =>
    (2 * entries < count ? values.slice(0, entries) : values.subarray(0, entries)) as Values;
  return new RankedScores(trim(keys), trim(carried), trim(falsePositives));
}
