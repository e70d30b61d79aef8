/**
 * Weight files as named arrays: safetensors, PyTorch, NumPy, Keras and TensorFlow.js, read and written with full
 * validation. No model, no tensor library.
 *
 * @packageDocumentation
 */
export type { WeightsFormat } from "./any/detect.js";
export { openWeights, readWeights, type WeightsFile } from "./any/open.js";
export { checkWritable, type WriteWeightsOptions, writeWeights } from "./any/write.js";
export { bytesPerElement, type DType, type DTypeArrays } from "./dtype.js";
export { KerasError } from "./keras/error.js";
export { KerasFile, readKeras } from "./keras/read.js";
export { type NamedArray, type NamedArrays, type TensorInfo, type TypedNamedArray, toFloat32 } from "./named-array.js";
export { NumpyError } from "./numpy/error.js";
export { parseNpy, serializeNpy } from "./numpy/npy.js";
export type { NpyInfo } from "./numpy/npy-header.js";
export { NpzFile, parseNpz, readNpz } from "./numpy/npz-read.js";
export { serializeNpz, writeNpz } from "./numpy/npz-write.js";
export type { PyTorchFormat } from "./pytorch/container.js";
export { PyTorchError } from "./pytorch/error.js";
export type { UnknownNames } from "./pytorch/globals.js";
export { type PyTorch, PyTorchFile, type PyTorchOptions, parsePyTorch, readPyTorch } from "./pytorch/read.js";
export type { PyTorchValue } from "./pytorch/state-dict.js";
export { serializePyTorch, writePyTorch } from "./pytorch/write.js";
export { SafetensorsError } from "./safetensors/error.js";
export type { SafetensorsInfo } from "./safetensors/header.js";
export { parseSafetensors, type Safetensors } from "./safetensors/parse.js";
export { readSafetensors, SafetensorsFile } from "./safetensors/read.js";
export { serializeSafetensors, writeSafetensors } from "./safetensors/write.js";
export type { TensorInput, TensorSource, TensorStream } from "./tensor-source.js";
export { TensorFlowJsError } from "./tensorflowjs/error.js";
export type { ManifestEntry, Quantization } from "./tensorflowjs/manifest.js";
export { readTensorFlowJs, TensorFlowJsFile } from "./tensorflowjs/read.js";
export { WeightsError } from "./weights-error.js";
export type { WriteOptions } from "./write-options.js";
