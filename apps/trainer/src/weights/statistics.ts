/** Figures of one tensor's numbers: smallest, largest and mean of the finite ones, and how many are not finite. */
import type { NamedArray } from "@roga/weights";
import { numbersOf } from "./numbers.js";

/** The figures; the first three are `null` for a tensor without finite numbers. */
export interface Statistics {
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly nan: number;
  readonly infinite: number;
}

export function statistics(array: NamedArray): Statistics {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let finite = 0;
  let nan = 0;
  let infinite = 0;
  for (const value of numbersOf(array)) {
    if (Number.isNaN(value)) nan++;
    else if (!Number.isFinite(value)) infinite++;
    else {
      finite++;
      sum += value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  if (finite === 0) return { min: null, max: null, mean: null, nan, infinite };
  return { min, max, mean: sum / finite, nan, infinite };
}
