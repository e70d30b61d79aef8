/**
 * Reading what callers pass: any array of labels, any array of scores. Everything is checked once here and handed on as
 * `Uint8Array` and `Float64Array`, so the numeric loops see one kind of array and no surprise. Typed arrays of those two
 * kinds are read in place, never copied and never written.
 */
import { InvalidInputError } from "./errors.js";

/** One label a sample: `1` or `true` is fake (the positive class), `0` or `false` is real. */
export type Labels = ArrayLike<number | boolean>;

/** One finite score a sample; higher means more likely fake. */
export type Scores = ArrayLike<number>;

/** Labels as 0 and 1. @throws InvalidInputError on any other value */
export function readLabels(labels: Labels, path = "labels"): Uint8Array {
  const count = labels.length;
  if (labels instanceof Uint8Array) {
    let bits = 0;
    for (let i = 0; i < count; i++) bits |= labels[i]!;
    if (bits <= 1) return labels;
  }
  const read = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const label = labels[i];
    if (label === 1 || label === true) read[i] = 1;
    else if (label !== 0 && label !== false) {
      throw new InvalidInputError(`${path}[${i}]`, "0, 1, false or true", label);
    }
  }
  return read;
}

/** Scores as float64. @throws InvalidInputError on a value that is no finite number */
export function readScores(scores: Scores, path = "scores"): Float64Array {
  const read = scores instanceof Float64Array ? scores : toFloat64(scores, path);
  for (let i = 0; i < read.length; i++) {
    if (!(Math.abs(read[i]!) <= Number.MAX_VALUE))
      throw new InvalidInputError(`${path}[${i}]`, "a finite number", read[i]);
  }
  return read;
}

/** Labels with their scores, of one length. @throws InvalidInputError */
export function readSamples(
  labels: Labels,
  scores: Scores,
  path = "scores",
): { labels: Uint8Array; scores: Float64Array } {
  requireLength(path, scores.length, labels.length);
  return { labels: readLabels(labels), scores: readScores(scores, path) };
}

/** Labels with the probabilities of being fake. @throws InvalidInputError also outside 0 to 1 */
export function readProbabilities(
  labels: Labels,
  probabilities: Scores,
): { labels: Uint8Array; probabilities: Float64Array } {
  const path = "probabilities";
  const read = readSamples(labels, probabilities, path);
  for (let i = 0; i < read.scores.length; i++) {
    const probability = read.scores[i]!;
    if (probability < 0 || probability > 1) {
      throw new InvalidInputError(`${path}[${i}]`, "a probability from 0 to 1", probability);
    }
  }
  return { labels: read.labels, probabilities: read.scores };
}

/** @throws InvalidInputError unless an array is as long as the labels */
export function requireLength(path: string, length: number, expected: number): void {
  if (length !== expected) throw new InvalidInputError(`${path}.length`, `${expected}, one entry a label`, length);
}

/** @throws InvalidInputError unless `value` is an integer from `least` to the largest safe integer */
export function requireInteger(path: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new InvalidInputError(path, `an integer of at least ${least}`, value);
  }
}

/** @throws InvalidInputError unless `low < value < high`, with an end included where its bracket says so */
export function requireInRange(
  path: string,
  value: number,
  range: `${"[" | "("}${number}, ${number}${"]" | ")"}`,
): void {
  const [low, high] = range.slice(1, -1).split(",").map(Number) as [number, number]; // the template type has two numbers
  const above = range.startsWith("[") ? value >= low : value > low;
  const below = range.endsWith("]") ? value <= high : value < high;
  if (!(above && below)) throw new InvalidInputError(path, `a number in ${range}`, value);
}

function toFloat64(scores: Scores, path: string): Float64Array {
  if (ArrayBuffer.isView(scores)) return new Float64Array(scores);
  const read = new Float64Array(scores.length);
  for (let i = 0; i < read.length; i++) {
    const score: unknown = scores[i];
    if (typeof score !== "number") throw new InvalidInputError(`${path}[${i}]`, "a finite number", score);
    read[i] = score;
  }
  return read;
}
