export { guardLeaks, TensorLeakError } from "./leak-guard.js";
export { TensorMapError } from "./map-errors.js";
export { axpy, clone, copyInto, cosine, dot, type Factor, globalNorm, scale, zerosLike } from "./maps.js";
export { RandomStream, RandomStreamError, type StreamName, stream } from "./random.js";
