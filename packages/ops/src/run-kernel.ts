/** Running a kernel of this package's contract on the current backend, where that registers it. */
import * as tf from "@tensorflow/tfjs-core";

/** Whether the current backend has a kernel. */
export function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) !== undefined;
}

/**
 * Runs a kernel. Inputs that are undefined are left out, as the contract says.
 *
 * @returns its outputs, one or several
 */
export function runKernel(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor | undefined>>,
  attrs: Readonly<Record<string, number | string | boolean | number[] | undefined>> = {},
): tf.Tensor[] {
  const outputs: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(name, given(inputs), given(attrs));
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** The tensors of a list under the names of the contract: `x0`, `x1`, …. */
export function numbered(prefix: string, tensors: readonly tf.Tensor[]): Record<string, tf.Tensor> {
  return Object.fromEntries(tensors.map((tensor, index) => [`${prefix}${index}`, tensor]));
}

function given<T>(record: Readonly<Record<string, T | undefined>>): Record<string, T> {
  const present: Record<string, T> = {};
  for (const name in record) {
    const value = record[name];
    if (value !== undefined) present[name] = value;
  }
  return present;
}
