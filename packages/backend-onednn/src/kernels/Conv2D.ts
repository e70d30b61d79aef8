/** Conv2D on NHWC tensors. */
import { Conv2D, type Conv2DInputs, type TensorInfo } from "@tensorflow/tfjs-core";
import { allFloat32, type OnednnBackend } from "../backend.js";
import { kernel } from "../register.js";
import type { NativeEpilogue } from "./activation.js";
import { type ConvolutionAttrs, convolutionShape } from "./convolution-shape.js";

export const conv2D = kernel<Conv2DInputs, ConvolutionAttrs>(
  Conv2D,
  ({ inputs: { x, filter }, attrs, backend }) => convolve(backend, x, filter, attrs),
  { other: "NCHW" },
);

/** x ∗ filter, or `undefined` where the native kernel does not take it. */
export function convolve(
  backend: OnednnBackend,
  x: TensorInfo,
  filter: TensorInfo,
  attrs: ConvolutionAttrs,
  { bias, activation = 0, alpha = 0 }: NativeEpilogue = {},
): TensorInfo | undefined {
  if (!allFloat32(x, filter) || attrs.dataFormat === "NCHW") return undefined;
  const shape = convolutionShape(x.shape, filter.shape, attrs, false);
  if (shape.empty) return undefined;
  const { info, numbers } = shape;
  const y = backend.make(info.outShape);
  const [a, b] = [backend.floats(x), backend.floats(filter)];
  backend.addon.convolution(numbers, a, b, bias, y.values, activation, alpha);
  return y.info;
}
