/**
 * Gradients against central finite differences, (f(x + h) − f(x − h)) / 2h, one coordinate after another.
 *
 * In float64 the best step is near ε^(1/3) ≈ 6e-6 times the size of x and leaves about ten correct digits; in float32 it
 * is near 5e-3 and leaves three to four. The defaults are these, so inputs should be of order 1 and f smooth there.
 */
import * as tf from "@tensorflow/tfjs-core";
import { compareClose } from "./all-close.js";

/** Step and tolerances of a gradient check. */
export interface GradientOptions {
  /** The distance h to either side. */
  readonly step?: number;
  /** Relative tolerance. */
  readonly rtol?: number;
  /** Absolute tolerance. */
  readonly atol?: number;
}

function differences(f: (x: Float64Array) => number, at: Float64Array, step: number): Float64Array {
  const x = at.slice();
  return at.map((centre, i) => {
    x[i] = centre + step;
    const above = f(x);
    x[i] = centre - step;
    const below = f(x);
    x[i] = centre;
    return (above - below) / (2 * step);
  });
}

function requireClose(
  actual: ArrayLike<number>,
  expected: Float64Array,
  rtol: number,
  atol: number,
  what: string,
): void {
  const { pass, reason } = compareClose(Array.from(actual), expected, { rtol, atol });
  if (!pass) throw new Error(`${what} disagrees with finite differences: ${reason}`);
}

/**
 * Checks the gradient of a float64 function of n numbers.
 *
 * @param f the function
 * @param gradient its gradient, n numbers
 * @param at where to check, n numbers
 * @param options step 6e-6, rtol 1e-7, atol 1e-9 by default
 * @throws Error that names the worst coordinate
 */
export function checkGradients(
  f: (x: Float64Array) => number,
  gradient: (x: Float64Array) => ArrayLike<number>,
  at: ArrayLike<number>,
  options: GradientOptions = {},
): void {
  const { step = 6e-6, rtol = 1e-7, atol = 1e-9 } = options;
  const x = Float64Array.from(at);
  requireClose(gradient(x.slice()), differences(f, x, step), rtol, atol, "the gradient");
}

/**
 * Checks what TensorFlow.js differentiates, custom gradients included, with respect to every input. Each input costs
 * two evaluations of f per value.
 *
 * @param f a scalar of float32 tensors
 * @param inputs where to check; they stay the caller's
 * @param options step 5e-3, rtol 1e-2, atol 1e-3 by default
 * @throws Error that names the input and the worst value
 */
export function checkTensorGradients(
  f: (...inputs: tf.Tensor[]) => tf.Scalar,
  inputs: readonly tf.Tensor[],
  options: GradientOptions = {},
): void {
  const { step = 5e-3, rtol = 1e-2, atol = 1e-3 } = options;
  tf.tidy(() => {
    const gradients = tf.grads(f)([...inputs]);
    inputs.forEach((input, index) => {
      const value = (x: Float64Array): number =>
        tf.tidy(() => {
          const moved = tf.tensor(Float32Array.from(x), input.shape);
          return f(...inputs.map((other, i) => (i === index ? moved : other))).dataSync()[0]!;
        });
      const expected = differences(value, Float64Array.from(input.dataSync()), step);
      requireClose(gradients[index]!.dataSync(), expected, rtol, atol, `the gradient of input ${index}`);
    });
  });
}
