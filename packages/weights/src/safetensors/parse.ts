/** Safetensors files in memory: bytes to named arrays. */
import { decodeTensor } from "../decode-tensor.js";
import type { NamedArray, NamedArrays } from "../named-array.js";
import { SafetensorsError } from "./error.js";
import { headerLength, LENGTH_BYTES, parseHeader } from "./header.js";

/** The content of a safetensors file. */
export interface Safetensors {
  /** All tensors, in the order of the header. */
  readonly tensors: NamedArrays;
  /** The free-form texts of the file; empty if it has none. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Parses a whole file in memory. The arrays are copies; the bytes may be reused afterwards.
 * @throws SafetensorsError if anything in it breaks the format; it names the tensor.
 */
export function parseSafetensors(bytes: Uint8Array): Safetensors {
  const dataStart = LENGTH_BYTES + headerLength(bytes, bytes.length);
  const { tensors: infos, metadata } = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart), bytes.length - dataStart);
  const tensors = new Map<string, NamedArray>();
  for (const [name, info] of infos) {
    const buffer = new ArrayBuffer(info.end - info.begin);
    new Uint8Array(buffer).set(bytes.subarray(dataStart + info.begin, dataStart + info.end));
    tensors.set(name, decodeTensor(name, info, buffer, SafetensorsError));
  }
  return { tensors, metadata };
}
