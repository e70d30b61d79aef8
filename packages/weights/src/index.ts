/**
 * Weight files as named arrays: safetensors, read and written with full validation. No model, no tensor library.
 *
 * @packageDocumentation
 */
export type { DType, DTypeArrays } from "./dtype.js";
export { type NamedArray, type NamedArrays, type TypedNamedArray, toFloat32 } from "./named-array.js";
export { SafetensorsError } from "./safetensors-error.js";
export type { TensorInfo } from "./safetensors-header.js";
export { parseSafetensors, type Safetensors } from "./safetensors-parse.js";
export { readSafetensors, SafetensorsFile } from "./safetensors-read.js";
export { serializeSafetensors, writeSafetensors } from "./safetensors-write.js";
