/**
 * What a replacement kernel of the JavaScript `cpu` backend is: a function over typed arrays for the case it
 * covers, which answers `undefined` for every other case (another type, another layout, an empty tensor), so that
 * the stock kernel answers instead. Boundaries: nothing here computes; registration is in `index.ts`.
 */
import type { KernelFunc, TensorInfo } from "@tensorflow/tfjs-core";

/** The two members of `MathBackendCPU` that kernels use. */
interface CpuBackend {
  data: { get(dataId: object): { values?: unknown } };
  makeTensorInfo(shape: number[], dtype: "float32", values: Float32Array): TensorInfo;
}

/** A kernel call as TensorFlow.js makes it. The operation has checked inputs and attributes, which are untyped here. */
export interface KernelCall {
  inputs: Record<string, TensorInfo>;
  attrs: Record<string, unknown>;
  backend: CpuBackend;
}

/** A kernel that replaces the stock one of the same name where `run` answers. */
export interface FastKernel {
  kernelName: string;
  /** The result or results, or `undefined` where the stock kernel has to run. */
  run(call: KernelCall): TensorInfo | TensorInfo[] | undefined;
}

/**
 * The values of a float32 tensor, or `undefined` where it is another type or empty. The array's own type decides:
 * the backend's `Cast` from int32 or bool to float32 only renames the type and keeps the integer array.
 */
export function floats(call: KernelCall, name: string): Float32Array | undefined {
  const info = call.inputs[name];
  if (info === undefined || info.dtype !== "float32") return undefined;
  const { values } = call.backend.data.get(info.dataId);
  return values instanceof Float32Array && values.length > 0 ? values : undefined;
}

/** The kernel function to register: the fast kernel where it answers, the stock one elsewhere. */
export function withFallback(kernel: FastKernel, stock: KernelFunc): KernelFunc {
  // TensorFlow.js types a kernel's backend as an empty object and its inputs as possibly absent.
  return (params) => kernel.run(params as unknown as KernelCall) ?? stock(params);
}
