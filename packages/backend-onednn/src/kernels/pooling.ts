/** Max and average pooling of NHWC tensors, and their gradients. */
import {
  AvgPool,
  type AvgPoolAttrs,
  AvgPoolGrad,
  type AvgPoolGradInputs,
  type AvgPoolInputs,
  backend_util,
  MaxPool,
  type MaxPoolAttrs,
  MaxPoolGrad,
  type MaxPoolGradInputs,
  type MaxPoolInputs,
} from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { kernel, type NativeKernel } from "../register.js";
import { type ConvolutionShape, describe } from "./convolution-shape.js";

/** The shape of a pooling as the addon takes it. */
function poolingShape(input: number[], attrs: MaxPoolAttrs | AvgPoolAttrs): ConvolutionShape {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const x = input as [number, number, number, number];
  const info = backend_util.computePool2DInfo(x, filterSize, strides, 1, pad, dimRoundingMode);
  return describe(info, 1, true);
}

/** TensorFlow.js takes windows of one value as the identity where the size stays, whatever the stride and the padding. */
function isIdentity({ info }: ConvolutionShape): boolean {
  return info.filterHeight === 1 && info.filterWidth === 1 && info.inShape.join() === info.outShape.join();
}

const maxPool = kernel<MaxPoolInputs, MaxPoolAttrs>(
  MaxPool,
  ({ inputs: { x }, attrs, backend }) => {
    if (!allFloat32(x)) return undefined;
    const shape = poolingShape(x.shape, attrs);
    if (shape.empty || isIdentity(shape)) return undefined;
    const y = backend.make(shape.info.outShape);
    const { values, factors, before } = backend.operand(x);
    backend.addon.maxPool(shape.numbers, values, factors, before, y.values);
    return y.info;
  },
  { other: "windows of one value, where the size stays" },
);

const maxPoolGrad = kernel<MaxPoolGradInputs, MaxPoolAttrs>(
  MaxPoolGrad,
  ({ inputs: { dy, input }, attrs, backend }) => {
    if (!allFloat32(dy, input)) return undefined;
    const shape = poolingShape(input.shape, attrs);
    if (shape.empty || dy.shape.join() !== shape.info.outShape.join()) return undefined;
    const dx = backend.make(input.shape);
    const { values, factors, before } = backend.operand(input);
    backend.addon.maxPoolBackward(shape.numbers, values, factors, before, backend.floats(dy), dx.values);
    return dx.info;
  },
  { other: "dy of another size than the forward operation gives" },
);

const avgPool = kernel<AvgPoolInputs, AvgPoolAttrs>(
  AvgPool,
  ({ inputs: { x }, attrs, backend }) => {
    if (!allFloat32(x)) return undefined;
    const shape = poolingShape(x.shape, attrs);
    if (shape.empty || isIdentity(shape)) return undefined;
    const y = backend.make(shape.info.outShape);
    backend.addon.averagePool(shape.numbers, backend.floats(x), y.values);
    return y.info;
  },
  { other: "windows of one value, where the size stays" },
);

const avgPoolGrad = kernel<AvgPoolGradInputs, AvgPoolAttrs>(
  AvgPoolGrad,
  ({ inputs: { dy, input }, attrs, backend }) => {
    if (!allFloat32(dy, input)) return undefined;
    const shape = poolingShape(input.shape, attrs);
    if (shape.empty || dy.shape.join() !== shape.info.outShape.join()) return undefined;
    const dx = backend.make(input.shape);
    backend.addon.averagePoolBackward(shape.numbers, backend.floats(dy), dx.values);
    return dx.info;
  },
  { other: "dy of another size than the forward operation gives" },
);

export const poolingKernels: readonly NativeKernel[] = [maxPool, maxPoolGrad, avgPool, avgPoolGrad];
