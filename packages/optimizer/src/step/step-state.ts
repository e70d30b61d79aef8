/**
 * What an algorithm carries from step to step besides the step count: named tensors, such as the domain weights of
 * GroupDRO. A step reads those of the step before and proposes new ones, which count only once the step has succeeded.
 */
import * as tf from "@tensorflow/tfjs-core";

/** Named tensors, and the ones proposed to replace them. */
export class StepState {
  #tensors = new Map<string, tf.Tensor>();
  #proposed = new Map<string, tf.Tensor>();

  /** The tensor of a name as the last step left it, if there is one; it stays this object's. */
  get(name: string): tf.Tensor | undefined {
    return this.#tensors.get(name);
  }

  /** Proposes the values of a tensor under a name; also within a pass, whose tensors are freed with it. */
  set(name: string, tensor: tf.Tensor): void {
    this.#proposed.get(name)?.dispose();
    this.#proposed.set(name, tf.keep(tf.clone(tensor)));
  }

  /** The step succeeded: takes over what was proposed. */
  commit(): void {
    for (const [name, tensor] of this.#proposed) {
      this.#tensors.get(name)?.dispose();
      this.#tensors.set(name, tensor);
    }
    this.#proposed = new Map();
  }

  /** The step failed: forgets what was proposed. */
  discard(): void {
    tf.dispose([...this.#proposed.values()]);
    this.#proposed = new Map();
  }

  /** All of it as new tensors. */
  save(): tf.NamedTensorMap {
    return Object.fromEntries(Array.from(this.#tensors, ([name, tensor]) => [name, tf.clone(tensor)]));
  }

  /** Has the values of `tensors` and nothing else; they stay the caller's. */
  replace(tensors: tf.NamedTensorMap): void {
    const next = new Map(Object.entries(tensors).map(([name, tensor]) => [name, tf.keep(tf.clone(tensor))]));
    tf.dispose([...this.#tensors.values()]);
    this.#tensors = next;
  }
}
