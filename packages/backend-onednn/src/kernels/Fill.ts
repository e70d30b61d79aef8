/** Constant tensors: Fill, ZerosLike, OnesLike. */
import { Fill, type FillAttrs, OnesLike, type TensorInfo, ZerosLike } from "@tensorflow/tfjs-core";
import { allFloat32, type OnednnBackend } from "../backend.js";
import { kernel, type NativeKernel } from "../register.js";

function constant(backend: OnednnBackend, shape: number[], value: number): TensorInfo {
  const y = backend.make(shape);
  backend.addon.fill(y.values, value);
  return y.info;
}

const like = (name: string, value: number): NativeKernel =>
  kernel<{ x: TensorInfo }>(name, ({ inputs: { x }, backend }) =>
    allFloat32(x) ? constant(backend, x.shape, value) : undefined,
  );

export const fillKernels: readonly NativeKernel[] = [
  like(ZerosLike, 0),
  like(OnesLike, 1),
  kernel<object, FillAttrs>(Fill, ({ attrs: { shape, value, dtype }, backend }) =>
    typeof value === "number" && (dtype ?? "float32") === "float32" ? constant(backend, shape, value) : undefined,
  ),
];
