/**
 * The slots of a base optimizer: per variable and slot name one tensor of the variable's shape, such as a momentum.
 *
 * Slots belong to variables by position, as in PyTorch's optimizer state, because TensorFlow.js renames the variables of
 * a model that is built a second time. Tensors are immutable and kept by reference, so saving and restoring is exact.
 */
import * as tf from "@tensorflow/tfjs-core";
import { StateError, VariableSetError } from "../errors.js";

const COUNTER = "step";

/** Slots of some names, and a count of the updates taken. */
export class Slots {
  readonly #owner: string;
  readonly #names: readonly string[];
  #tensors: Record<string, tf.Tensor>[] | undefined;
  /** Updates taken so far. */
  step = 0;

  constructor(owner: string, names: readonly string[]) {
    this.#owner = owner;
    this.#names = names;
  }

  /**
   * Makes the slots if there are none, as zeros, and checks everything about a call before anything is changed.
   *
   * @throws VariableSetError when a gradient is missing or misshapen, or the variables are not those of the slots
   */
  prepare(gradients: tf.NamedTensorMap, variables: readonly tf.Variable[]): void {
    for (const { name, shape } of variables) {
      const gradient = gradients[name];
      if (gradient === undefined) throw new VariableSetError(`${this.#owner}: no gradient for variable "${name}"`);
      if (gradient.shape.join() !== shape.join()) {
        const message = `the gradient of "${name}" has shape [${gradient.shape}], the variable [${shape}]`;
        throw new VariableSetError(`${this.#owner}: ${message}`);
      }
    }
    const extra = Object.keys(gradients).length - variables.length;
    if (extra !== 0) throw new VariableSetError(`${this.#owner}: ${extra} gradients more than variables`);
    this.#tensors ??= variables.map((variable) =>
      Object.fromEntries(this.#names.map((name) => [name, tf.keep(tf.zerosLike(variable))])),
    );
    if (this.#tensors.length !== variables.length) {
      const message = `the state is that of ${this.#tensors.length} variables, got ${variables.length}`;
      throw new VariableSetError(`${this.#owner}: ${message}`);
    }
    for (const [index, { name, shape }] of variables.entries()) {
      for (const [slot, tensor] of Object.entries(this.#tensors[index]!)) {
        if (tensor.shape.join() === shape.join()) continue;
        const message = `${slot}/${index} has shape [${tensor.shape}], variable "${name}" [${shape}]`;
        throw new VariableSetError(`${this.#owner}: ${message}`);
      }
    }
  }

  /** The slots of a name at some positions; whoever takes them disposes them and puts new ones there. */
  take(name: string, indices: readonly number[]): tf.Tensor[] {
    return indices.map((index) => this.#tensors![index]![name]!);
  }

  /** Puts new ones in place of those that were taken. */
  put(name: string, indices: readonly number[], tensors: readonly tf.Tensor[]): void {
    for (const [order, index] of indices.entries()) this.#tensors![index]![name] = tf.keep(tensors[order]!);
  }

  /** New tensors: `step`, and one `name/position` for every slot. */
  state(): tf.NamedTensorMap {
    const state: tf.NamedTensorMap = { [COUNTER]: tf.scalar(this.step, "int32") };
    for (const [index, slots] of (this.#tensors ?? []).entries()) {
      for (const [name, tensor] of Object.entries(slots)) state[`${name}/${index}`] = tf.clone(tensor);
    }
    return state;
  }

  /**
   * Takes over what `state` gave.
   *
   * @throws StateError, before anything is changed, when it is not such a state
   */
  restore(state: tf.NamedTensorMap): void {
    const { [COUNTER]: counter, ...rest } = state;
    if (counter?.rank !== 0 || counter.dtype !== "int32" || counter.dataSync()[0]! < 0) {
      throw new StateError(`${this.#owner}: expected an int32 scalar "${COUNTER}" of 0 or more in the state`);
    }
    const length = this.#names.length === 0 ? 0 : Object.keys(rest).length / this.#names.length;
    const expected = Array.from({ length: Math.floor(length) }, (_, index) =>
      this.#names.map((name) => `${name}/${index}`),
    );
    const missing = expected.flat().filter((key) => rest[key]?.dtype !== "float32");
    const unknown = Object.keys(rest).filter((key) => !expected.flat().includes(key));
    if (missing.length + unknown.length > 0) {
      const message = `no float32 tensors [${missing.join(", ")}], unknown names [${unknown.join(", ")}]`;
      throw new StateError(`${this.#owner}: ${message}`);
    }
    const step = counter.dataSync()[0]!;
    const tensors = expected.map((keys) =>
      Object.fromEntries(keys.map((key, slot) => [this.#names[slot]!, tf.keep(tf.clone(rest[key]!))])),
    );
    this.dispose();
    this.step = step;
    if (tensors.length > 0) this.#tensors = tensors;
  }

  /** Frees the slots and begins anew. */
  dispose(): void {
    tf.dispose(this.#tensors ?? []);
    this.#tensors = undefined;
    this.step = 0;
  }
}
