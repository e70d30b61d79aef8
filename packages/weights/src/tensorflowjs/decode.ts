/** The stored bytes of a TensorFlow.js weight as its array, quantized ones as the numbers that they stand for. */
import { decodeTensor } from "../decode-tensor.js";
import type { NamedArray } from "../named-array.js";
import { toFloat32 } from "../named-array.js";
import { TensorFlowJsError } from "./error.js";
import type { ManifestEntry, Quantization } from "./manifest.js";

/** The array of a weight; takes the buffer over. */
export function decodeWeight(name: string, entry: ManifestEntry, buffer: ArrayBuffer): NamedArray {
  const { dtype, shape, quantization } = entry;
  if (quantization === null) return decodeTensor(name, entry, buffer, TensorFlowJsError);
  const values = dequantize(quantization, buffer);
  if (dtype === "I32") return { dtype, shape: [...shape], data: Int32Array.from(values, (value) => Math.round(value)) };
  return { dtype: "F32", shape: [...shape], data: Float32Array.from(values) };
}

function dequantize(quantization: Quantization, buffer: ArrayBuffer): ArrayLike<number> {
  if (quantization.dtype === "float16") {
    const data = new Uint16Array(buffer);
    return toFloat32({ dtype: "F16", shape: [data.length], data });
  }
  const { dtype, scale, min } = quantization;
  const stored = dtype === "uint8" ? new Uint8Array(buffer) : new Uint16Array(buffer);
  return Float64Array.from(stored, (value) => value * scale + min);
}
