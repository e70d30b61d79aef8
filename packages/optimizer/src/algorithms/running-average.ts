/** A weighted average of lists of tensors that grows by one list at a time, in one buffer of their size. */
import { averageUpdate } from "@roga/ops";
import * as tf from "@tensorflow/tfjs-core";

/** What one list of tensors, or many, averaged to, and how much that counts. */
export class RunningAverage {
  #held: tf.Variable[] | undefined;
  #weight = 0;

  /** The sum of the weights so far; an integer where those are. */
  get weight(): number {
    return this.#weight;
  }

  /** The averages, which stay this object's and may change; none before the first list. */
  get values(): readonly tf.Tensor[] {
    return this.#held ?? [];
  }

  /** Takes in values that count `weight` times; they stay the caller's. The first ones are kept as they are. */
  add(values: readonly tf.Tensor[], weight = 1): void {
    const total = this.#weight + weight;
    this.blend(values, this.#weight / total);
    this.#weight = total;
  }

  /** average ← decay · average + (1 − decay) · values, leaving the weight alone; the first values are kept as they are. */
  blend(values: readonly tf.Tensor[], decay: number): void {
    if (this.#held === undefined) this.#held = values.map((value) => tf.tidy(() => tf.variable(value, false)));
    else averageUpdate(this.#held, values, decay);
  }

  /** The same values at the same weight; both change no more with one another. */
  copy(): RunningAverage {
    return RunningAverage.of(this.values, this.#weight);
  }

  /** One of given values, which stay the caller's. */
  static of(values: readonly tf.Tensor[], weight: number): RunningAverage {
    const average = new RunningAverage();
    if (values.length > 0) average.blend(values, 0);
    average.#weight = weight;
    return average;
  }

  /** New tensors with the averages, under `prefix/position`. */
  save(prefix: string): tf.NamedTensorMap {
    return Object.fromEntries(this.values.map((value, index) => [`${prefix}/${index}`, tf.clone(value)]));
  }

  /** Frees the averages and begins anew. */
  dispose(): void {
    tf.dispose(this.#held ?? []);
    this.#held = undefined;
    this.#weight = 0;
  }
}
