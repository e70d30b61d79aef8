/** Softmax along the last axis, and the kernel of its gradient. */
import { Softmax, type SoftmaxAttrs, type SoftmaxInputs, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { kernel, type NativeKernel } from "../register.js";

/** The kernel of softmax' gradient: inputs {dy, y}, y being the forward result; output dx. */
export const SoftmaxGrad = "SoftmaxGrad";

const softmax = kernel<SoftmaxInputs, SoftmaxAttrs>(Softmax, ({ inputs: { logits }, attrs: { dim }, backend }) => {
  const { shape } = logits;
  if (!allFloat32(logits) || dim !== shape.length - 1 || shape.includes(0)) return undefined;
  const y = backend.make(shape);
  backend.addon.softmax(backend.floats(logits), y.values, util.sizeFromShape(shape) / shape[dim]!, shape[dim]!);
  return y.info;
});

const softmaxGrad = kernel<{ dy: TensorInfo; y: TensorInfo }>(SoftmaxGrad, ({ inputs: { dy, y }, backend }) => {
  const dx = backend.make(y.shape);
  const columns = y.shape.at(-1)!;
  const rows = dx.values.length / columns;
  backend.addon.softmaxBackward(backend.floats(dy), backend.floats(y), dx.values, rows, columns);
  return dx.info;
});

export const softmaxKernels: readonly NativeKernel[] = [softmax, softmaxGrad];
