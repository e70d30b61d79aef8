/**
 * The matcher `expect(actual).toBeAllClose(expected, {rtol, atol})`: shapes are equal and |a − e| ≤ atol + rtol·|e| for
 * every value, the criterion of `numpy.allclose`. Importing this file registers it with vitest.
 *
 * Unlike TensorFlow.js' `expectArraysClose` it has a relative tolerance, and a NaN or an infinity anywhere fails unless
 * the test says `nonFinite: "equal"`, in which case both sides must hold the same one at the same place.
 */
import { expect } from "vitest";
import { type Comparable, shapedValues } from "./values.js";

/** Tolerances of {@link Matchers.toBeAllClose}. */
export interface CloseOptions {
  /** Relative tolerance, of the expected value; 1e-5 by default. */
  readonly rtol?: number;
  /** Absolute tolerance; 1e-8 by default. */
  readonly atol?: number;
  /** What a NaN or infinity does: fail (default), or be equal to the same one on the other side. */
  readonly nonFinite?: "reject" | "equal";
}

declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: a merged declaration repeats the type parameters as vitest wrote them
  interface Matchers<T = any> {
    /**
     * Shapes equal, and |actual − expected| ≤ atol + rtol·|expected| for every value.
     *
     * @throws TypeError when either side is not made of numbers
     */
    toBeAllClose(expected: Comparable, options?: CloseOptions): T;
  }
}

function position(index: number, shape: readonly number[]): string {
  const indices: number[] = [];
  let rest = index;
  for (const length of shape.toReversed()) {
    indices.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return `[${indices.join(", ")}]`;
}

/** The outcome of one comparison: whether it holds, and a sentence that says why not. */
export function compareClose(
  actual: unknown,
  expected: unknown,
  options: CloseOptions = {},
): { pass: boolean; reason: string } {
  const { rtol = 1e-5, atol = 1e-8, nonFinite = "reject" } = options;
  if (!(rtol >= 0 && atol >= 0))
    throw new TypeError(`toBeAllClose: tolerances must be >= 0, got rtol ${rtol}, atol ${atol}`);
  const a = shapedValues(actual, "actual");
  const e = shapedValues(expected, "expected");
  if (a.shape.join() !== e.shape.join()) {
    return { pass: false, reason: `shape [${a.shape}] differs from the expected shape [${e.shape}]` };
  }
  let bad = 0;
  let worst = -1;
  let worstExcess = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < e.values.length; i++) {
    const x = a.values[i]!;
    const y = e.values[i]!;
    let excess: number;
    if (Number.isFinite(x) && Number.isFinite(y)) excess = Math.abs(x - y) - (atol + rtol * Math.abs(y));
    else excess = nonFinite === "equal" && Object.is(x, y) ? -1 : Number.POSITIVE_INFINITY;
    if (excess > 0) bad++;
    if (excess > worstExcess) {
      worst = i;
      worstExcess = excess;
    }
  }
  if (bad === 0) return { pass: true, reason: `all ${e.values.length} values are within rtol ${rtol}, atol ${atol}` };
  const difference = Math.abs(a.values[worst]! - e.values[worst]!);
  return {
    pass: false,
    reason:
      `${bad} of ${e.values.length} values differ beyond rtol ${rtol}, atol ${atol}; the worst at ` +
      `${position(worst, e.shape)}: ${a.values[worst]} against ${e.values[worst]} expected (difference ${difference})`,
  };
}

expect.extend({
  toBeAllClose(actual: unknown, expected: unknown, options?: CloseOptions) {
    const { pass, reason } = compareClose(actual, expected, options);
    return { pass, message: () => (pass ? `expected the values to differ, but ${reason}` : reason) };
  },
});
