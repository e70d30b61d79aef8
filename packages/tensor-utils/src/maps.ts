/**
 * Named-tensor maps as vectors: a `NamedTensorMap` (variable name → tensor, as `tf.variableGrads` gives) taken as one
 * long vector, the concatenation of its tensors.
 *
 * Results are new tensors that the caller disposes, or that the surrounding `tf.tidy` does; scalars stay on the device.
 * Arithmetic takes float32 only. Each function is one kernel where the engine has it; elsewhere sums are those of the
 * engine in float32, so a norm needs entries below about 1e19 and sees entries below about 1e-23 as zero.
 */
import { axpyList, dotList, type Factor, normList, scaleList } from "@roga/ops";
import * as tf from "@tensorflow/tfjs-core";
import { entry, requireAlike, requireFloat, TensorMapError } from "./map-errors.js";

export type { Factor };

function mapTensors(map: tf.NamedTensorMap, f: (tensor: tf.Tensor) => tf.Tensor): tf.NamedTensorMap {
  return tf.tidy(() => Object.fromEntries(Object.entries(map).map(([key, tensor]) => [key, f(tensor)])));
}

/** The tensors of `map` in the order of `keys`. */
function inOrder(keys: readonly string[], map: tf.NamedTensorMap): tf.Tensor[] {
  return keys.map((key) => entry(map, key));
}

function named(keys: readonly string[], tensors: readonly tf.Tensor[]): tf.NamedTensorMap {
  return Object.fromEntries(keys.map((key, index) => [key, tensors[index]!]));
}

function requireFactor(operation: string, alpha: Factor): void {
  if (typeof alpha === "number") return;
  if (alpha.rank !== 0 || alpha.dtype !== "float32") {
    const reason = `alpha must be a number or a float32 scalar, got a ${alpha.dtype} tensor of shape [${alpha.shape}]`;
    throw new TensorMapError(operation, undefined, reason);
  }
}

/**
 * The Euclidean norm √Σ xᵢ² over all entries of all tensors; 0 for an empty map.
 *
 * @throws TensorMapError unless every tensor is float32
 */
export function globalNorm(map: tf.NamedTensorMap): tf.Scalar {
  requireFloat("globalNorm", map);
  return normList(Object.values(map));
}

/**
 * The inner product Σ xᵢ yᵢ; 0 for empty maps.
 *
 * @throws TensorMapError unless both hold the same names and shapes, all float32
 */
export function dot(x: tf.NamedTensorMap, y: tf.NamedTensorMap): tf.Scalar {
  requireAlike("dot", x, y);
  requireFloat("dot", x);
  const keys = Object.keys(x);
  return dotList(inOrder(keys, x), inOrder(keys, y));
}

/**
 * The cosine of the angle between x and y, ⟨x, y⟩ / (‖x‖ ‖y‖); within rounding of [−1, 1]. It is 0 when either norm is
 * 0: a zero vector counts as orthogonal to everything, itself included.
 *
 * @throws TensorMapError unless both hold the same names and shapes, all float32
 */
export function cosine(x: tf.NamedTensorMap, y: tf.NamedTensorMap): tf.Scalar {
  requireAlike("cosine", x, y);
  requireFloat("cosine", x);
  return tf.tidy(() => tf.divNoNan(dot(x, y), tf.mul(globalNorm(x), globalNorm(y))));
}

/**
 * alpha · x + y, tensor by tensor.
 *
 * @throws TensorMapError unless x and y hold the same names and shapes, all float32, and alpha is a number or a float32
 *   scalar
 */
export function axpy(alpha: Factor, x: tf.NamedTensorMap, y: tf.NamedTensorMap): tf.NamedTensorMap {
  requireFactor("axpy", alpha);
  requireAlike("axpy", x, y);
  requireFloat("axpy", x);
  const keys = Object.keys(x);
  return named(keys, axpyList(alpha, inOrder(keys, x), inOrder(keys, y)));
}

/**
 * alpha · x, tensor by tensor.
 *
 * @throws TensorMapError unless every tensor is float32 and alpha is a number or a float32 scalar
 */
export function scale(alpha: Factor, x: tf.NamedTensorMap): tf.NamedTensorMap {
  requireFactor("scale", alpha);
  requireFloat("scale", x);
  return named(Object.keys(x), scaleList(alpha, Object.values(x)));
}

/** Zeros of the same names, shapes and dtypes. */
export function zerosLike(map: tf.NamedTensorMap): tf.NamedTensorMap {
  return mapTensors(map, (tensor) => tf.zerosLike(tensor));
}

/**
 * A map of new tensor handles with the same values. TensorFlow.js counts references to data, so no value is copied, and
 * a later `assign` to a variable of `map` leaves the clone as it was.
 */
export function clone(map: tf.NamedTensorMap): tf.NamedTensorMap {
  return mapTensors(map, (tensor) => tf.clone(tensor));
}

/**
 * Assigns every tensor of `source` to the variable of that name; `source` stays the caller's. The values are shared by
 * reference, hence bit for bit the same. All is checked before the first assignment.
 *
 * @throws TensorMapError unless both hold the same names, shapes and dtypes
 */
export function copyInto(target: Readonly<Record<string, tf.Variable>>, source: tf.NamedTensorMap): void {
  requireAlike("copyInto", target, source);
  for (const [key, variable] of Object.entries(target)) variable.assign(entry(source, key));
}
