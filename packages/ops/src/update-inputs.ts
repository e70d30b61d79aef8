/** What the optimizer updates share: their checks, and the taking over of a kernel's outputs. */
import type * as tf from "@tensorflow/tfjs-core";
import { OpInputError, requireAlike, requireFloats } from "./errors.js";

/** Throws unless variables are distinct and float32, and the tensors that move them, such as gradients, of their shapes. */
export function requireUpdate(
  operation: string,
  variables: readonly tf.Variable[],
  movers: readonly tf.Tensor[],
  argument = "gradients",
): void {
  requireFloats(operation, "variables", variables);
  const twice = variables.findIndex((variable, index) => variables.indexOf(variable) !== index);
  if (twice >= 0) {
    throw new OpInputError(operation, `variables[${twice}]`, "each variable once", `"${variables[twice]!.name}" again`);
  }
  requireAlike(operation, argument, movers, variables);
}

/** Throws unless slots are float32 tensors of the variables' shapes that are neither variables nor each other. */
export function requireSlots(
  operation: string,
  argument: string,
  slots: readonly tf.Tensor[],
  variables: readonly tf.Variable[],
  others: readonly tf.Tensor[] = [],
): void {
  requireAlike(operation, argument, slots, variables);
  const taken = new Set<tf.Tensor>([...variables, ...others]);
  for (const [index, slot] of slots.entries()) {
    if (taken.has(slot)) {
      throw new OpInputError(operation, `${argument}[${index}]`, "a tensor of its own", "one that was given before");
    }
    taken.add(slot);
  }
}

/**
 * Assigns every variable the first of its outputs.
 *
 * @param outputs of each variable in turn its new value and its new slots
 * @param consumed the old slots, which are disposed
 * @returns the new slots, one list per kind
 */
export function takeOver(
  variables: readonly tf.Variable[],
  outputs: readonly tf.Tensor[],
  consumed: readonly tf.Tensor[],
): tf.Tensor[][] {
  const kinds = outputs.length / variables.length;
  for (const [index, variable] of variables.entries()) {
    const value = outputs[index * kinds]!;
    variable.assign(value);
    value.dispose();
  }
  for (const slot of consumed) slot.dispose();
  return Array.from({ length: kinds - 1 }, (_, kind) =>
    variables.map((_, index) => outputs[index * kinds + kind + 1]!),
  );
}
