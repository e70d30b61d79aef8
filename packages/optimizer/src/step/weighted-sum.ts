/** A running weighted sum of gradient maps in one parameter-sized buffer. */
import { combineLists, type Factor } from "@roga/ops";
import * as tf from "@tensorflow/tfjs-core";

/** Sums maps of the same names and shapes; it owns what it is given and what it holds. */
export class WeightedSum {
  #sum: tf.NamedTensorMap | undefined;

  /** Adds weight · map (the weight a number or a scalar tensor, which stays the caller's) and disposes `map`. */
  add(weight: Factor, map: tf.NamedTensorMap): void {
    this.merge(1, weight, map);
  }

  /** share · sum + weight · map, where the engine can in the sum's memory; disposes `map`. */
  merge(share: Factor, weight: Factor, map: tf.NamedTensorMap): void {
    const names = Object.keys(map);
    const terms = names.map((name) => map[name]!);
    const former = this.#sum;
    if (former === undefined) {
      this.#sum = weight === 1 ? map : named(names, combineLists([weight], [terms], 0));
      return;
    }
    const sums = names.map((name) => former[name]!);
    this.#sum = named(names, combineLists([share, weight], [sums, terms], 0));
    tf.dispose(terms);
  }

  /** The sum, which stays this object's; at least one map must have been added. */
  get value(): tf.NamedTensorMap {
    if (this.#sum === undefined) throw new Error("WeightedSum: nothing was added");
    return this.#sum;
  }
}

/** factor · map, where the engine can in its memory; disposes `map`. */
export function scaled(factor: number, map: tf.NamedTensorMap): tf.NamedTensorMap {
  const sum = new WeightedSum();
  sum.add(factor, map);
  return sum.value;
}

/** The tensors under their names, in order. */
export function named(names: readonly string[], tensors: readonly tf.Tensor[]): tf.NamedTensorMap {
  return Object.fromEntries(names.map((name, index) => [name, tensors[index]!]));
}
