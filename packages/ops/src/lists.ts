/**
 * Arithmetic on lists of tensors taken as one long vector each, such as all parameters of a network and their gradients.
 * Each is one kernel over the whole list where the backend has it, and a few operations per tensor elsewhere.
 *
 * Results are new tensors that the caller disposes, or that the surrounding `tf.tidy` does; scalars stay on the device.
 * These operations are for use outside of `tf.grads`: whether a gradient flows through them depends on the backend, and
 * TensorFlow.js throws where it does not. Where there is no kernel, sums are those of the engine in float32, so a norm
 * needs values below about 1e19 and sees values below about 1e-23 as zero.
 */
import * as tf from "@tensorflow/tfjs-core";
import { describe, OpInputError, requireAlike, requireFloats } from "./errors.js";
import { ListAxpy, ListDot, ListNorm, ListScale } from "./kernels.js";
import { hasKernel, numbered, runKernel } from "./run-kernel.js";

/** A factor: a number, or a float32 scalar on the device. */
export type Factor = number | tf.Scalar;

/**
 * alpha · xᵢ + yᵢ, tensor by tensor.
 *
 * @throws OpInputError unless all are float32, ys of the shapes of xs, and alpha is a number or a float32 scalar
 */
export function axpyList(alpha: Factor, xs: readonly tf.Tensor[], ys: readonly tf.Tensor[]): tf.Tensor[] {
  requireFactor("axpyList", alpha);
  requireFloats("axpyList", "xs", xs);
  requireAlike("axpyList", "ys", ys, xs);
  if (xs.length > 0 && hasKernel(ListAxpy)) {
    return runKernel(ListAxpy, { ...numbered("x", xs), ...numbered("y", ys), ...input(alpha) }, attrs(alpha, xs));
  }
  return tf.tidy(() => xs.map((x, index) => tf.tidy(() => tf.add(tf.mul(x, alpha), ys[index]!))));
}

/**
 * alpha · xᵢ, tensor by tensor.
 *
 * @throws OpInputError unless all are float32 and alpha is a number or a float32 scalar
 */
export function scaleList(alpha: Factor, xs: readonly tf.Tensor[]): tf.Tensor[] {
  requireFactor("scaleList", alpha);
  requireFloats("scaleList", "xs", xs);
  if (xs.length > 0 && hasKernel(ListScale)) {
    return runKernel(ListScale, { ...numbered("x", xs), ...input(alpha) }, attrs(alpha, xs));
  }
  return tf.tidy(() => xs.map((x) => tf.mul(x, alpha)));
}

/**
 * The Euclidean norm √Σ x² over all values of all tensors; 0 for an empty list.
 *
 * @throws OpInputError unless all are float32
 */
export function normList(xs: readonly tf.Tensor[]): tf.Scalar {
  requireFloats("normList", "xs", xs);
  if (xs.length > 0 && hasKernel(ListNorm)) {
    return runKernel(ListNorm, numbered("x", xs), { count: xs.length })[0] as tf.Scalar;
  }
  return tf.tidy(() => tf.sqrt(total(xs.map((x) => tf.tidy(() => tf.sum(tf.square(x)))))));
}

/**
 * The inner product Σ xᵢ yᵢ over all values of all tensors; 0 for empty lists.
 *
 * @throws OpInputError unless all are float32, ys of the shapes of xs
 */
export function dotList(xs: readonly tf.Tensor[], ys: readonly tf.Tensor[]): tf.Scalar {
  requireFloats("dotList", "xs", xs);
  requireAlike("dotList", "ys", ys, xs);
  if (xs.length > 0 && hasKernel(ListDot)) {
    return runKernel(ListDot, { ...numbered("x", xs), ...numbered("y", ys) }, { count: xs.length })[0] as tf.Scalar;
  }
  return tf.tidy(() => total(xs.map((x, index) => tf.tidy(() => tf.sum(tf.mul(x, ys[index]!))))));
}

function total(terms: tf.Scalar[]): tf.Scalar {
  return terms.length === 0 ? tf.scalar(0) : tf.addN(terms);
}

function input(alpha: Factor): { alpha?: tf.Scalar } {
  return typeof alpha === "number" ? {} : { alpha };
}

function attrs(alpha: Factor, { length: count }: readonly tf.Tensor[]) {
  return typeof alpha === "number" ? { count, alpha } : { count };
}

function requireFactor(operation: string, alpha: Factor): void {
  if (typeof alpha === "number" || (alpha.rank === 0 && alpha.dtype === "float32")) return;
  throw new OpInputError(operation, "alpha", "a number or a float32 scalar", describe(alpha));
}
