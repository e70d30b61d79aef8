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
import { ListAxpy, ListCombine, ListDot, ListNorm, ListScale, ListSquares } from "./kernels.js";
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

/**
 * Σ x² of each tensor.
 *
 * @returns shape [xs]
 * @throws OpInputError unless all are float32 and there is at least one
 */
export function squaresList(xs: readonly tf.Tensor[]): tf.Tensor1D {
  requireFloats("squaresList", "xs", xs);
  if (xs.length === 0) throw new OpInputError("squaresList", "xs", "at least one tensor", "none");
  if (hasKernel(ListSquares)) return runKernel(ListSquares, numbered("x", xs), { count: xs.length })[0] as tf.Tensor1D;
  return tf.tidy(() => tf.stack(xs.map((x) => tf.tidy(() => tf.sum(tf.square(x))))) as tf.Tensor1D);
}

/**
 * Σ_j factor_j · lists_j, tensor by tensor; the terms are added up in the order of the lists.
 *
 * @param factors one for each list: numbers, or scalars on the device among them
 * @param lists at least one, all of the same length and shapes
 * @param over which list, from 0, gives its memory to the result where nobody else sees it. Its tensors are disposed
 * @throws OpInputError, before anything is disposed, unless all tensors are float32 and of those shapes, and the factors
 *   are as many numbers or float32 scalars
 */
export function combineLists(
  factors: readonly Factor[],
  lists: readonly (readonly tf.Tensor[])[],
  over?: number,
): tf.Tensor[] {
  const [first = []] = lists;
  if (lists.length === 0) throw new OpInputError("combineLists", "lists", "at least one list", "none");
  if (factors.length !== lists.length) {
    throw new OpInputError("combineLists", "factors", `${lists.length} of them`, `${factors.length}`);
  }
  if (over !== undefined && lists[over] === undefined) {
    throw new OpInputError("combineLists", "over", `an integer from 0 to ${lists.length - 1}`, `${over}`);
  }
  for (const factor of factors) requireFactor("combineLists", factor);
  requireFloats("combineLists", "lists[0]", first);
  for (const [index, list] of lists.entries()) requireAlike("combineLists", `lists[${index}]`, list, first);
  const spent = over === undefined ? [] : lists[over]!;
  if (first.length > 0 && hasKernel(ListCombine)) {
    const numbers = factors.every((factor) => typeof factor === "number");
    const onDevice = numbers ? undefined : tf.tidy(() => tf.stack([...factors]));
    const inputs = { ...numbered("x", lists.flat()), ...(onDevice && { factors: onDevice }) };
    const shared = { count: first.length, lists: lists.length, over };
    const outputs = runKernel(ListCombine, inputs, numbers ? { ...shared, factors: [...factors] } : shared);
    tf.dispose([onDevice ?? [], ...spent]);
    return outputs;
  }
  return first.map((_, index) => {
    const term = (factor: Factor, list: readonly tf.Tensor[]) =>
      factor === 1 ? list[index]! : tf.mul(list[index]!, factor);
    const sum = tf.tidy(() =>
      lists
        .slice(1)
        .reduce((total, list, j) => tf.add(total, term(factors[j + 1]!, list)), tf.clone(term(factors[0]!, first))),
    );
    spent[index]?.dispose();
    return sum;
  });
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
