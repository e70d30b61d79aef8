/**
 * Weight files as named arrays: safetensors, read and written with full validation. No model, no tensor library.
 *
 * @packageDocumentation
 */
export type { DType, DTypeArrays } from "./dtype.js";
export { type NamedArray, type NamedArrays, type TensorInfo, type TypedNamedArray, toFloat32 } from "./named-array.js";
export { PyTorchError } from "./pytorch/error.js";
export { type PyTorch, PyTorchFile, type PyTorchOptions, parsePyTorch, readPyTorch } from "./pytorch/read.js";
export { serializePyTorch, writePyTorch } from "./pytorch/write.js";
export { SafetensorsError } from "./safetensors/error.js";
export type { SafetensorsInfo } from "./safetensors/header.js";
export { parseSafetensors, type Safetensors } from "./safetensors/parse.js";
export { readSafetensors, SafetensorsFile } from "./safetensors/read.js";
export { serializeSafetensors, type WriteOptions, writeSafetensors } from "./safetensors/write.js";
export type { TensorInput, TensorSource, TensorStream } from "./tensor-source.js";
export { WeightsError } from "./weights-error.js";
