/** TensorFlow.js tensors to the plain arrays of weight files and back, bit for bit. */
import type { NamedArray } from "@roga/weights";
import * as tf from "@tensorflow/tfjs-core";

/**
 * A tensor's values as a named array. They may be the engine's own memory: not to be written to, nor kept beyond the
 * tensor.
 *
 * @throws TypeError for strings and complex numbers, which files cannot hold
 */
async function toNamedArray(tensor: tf.Tensor): Promise<NamedArray> {
  const { dtype, shape } = tensor;
  if (dtype === "float32") return { dtype: "F32", shape, data: await tensor.data<"float32">() };
  if (dtype === "int32") return { dtype: "I32", shape, data: await tensor.data<"int32">() };
  if (dtype === "bool") return { dtype: "BOOL", shape, data: await tensor.data<"bool">() };
  throw new TypeError(`expected a tensor of float32, int32 or bool, got ${dtype}`);
}

/** A tensor of a named array. @throws TypeError for element types that TensorFlow.js has none for. */
export function toTensor({ dtype, shape, data }: NamedArray): tf.Tensor {
  if (dtype === "F32") return tf.tensor(data, [...shape], "float32");
  if (dtype === "I32") return tf.tensor(data, [...shape], "int32");
  if (dtype === "BOOL") return tf.tensor(data, [...shape], "bool");
  throw new TypeError(`expected an array of F32, I32 or BOOL, got ${dtype}`);
}

/** Every tensor of a map, by name. */
export async function toNamedArrays(tensors: tf.NamedTensorMap): Promise<Map<string, NamedArray>> {
  const arrays = new Map<string, NamedArray>();
  for (const [name, tensor] of Object.entries(tensors)) arrays.set(name, await toNamedArray(tensor));
  return arrays;
}
