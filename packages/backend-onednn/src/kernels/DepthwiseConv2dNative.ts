/**
 * Depthwise convolution and its gradients. With one filter per channel our own kernels compute it; with several,
 * oneDNN does, as a convolution in groups of one channel.
 */
import {
  DepthwiseConv2dNative,
  type DepthwiseConv2dNativeAttrs,
  DepthwiseConv2dNativeBackpropFilter,
  type DepthwiseConv2dNativeBackpropFilterInputs,
  DepthwiseConv2dNativeBackpropInput,
  type DepthwiseConv2dNativeBackpropInputInputs,
  type DepthwiseConv2dNativeInputs,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import { allFloat32, type OnednnBackend } from "../backend.js";
import { kernel } from "../register.js";
import type { NativeEpilogue } from "./activation.js";
import { type ConvolutionShape, convolutionShape } from "./convolution-shape.js";

/** The kernel of both gradients at once: inputs {x, dy, filter}, outputs [dx, dfilter]. */
export const DepthwiseConv2dNativeBackprop = "DepthwiseConv2dNativeBackprop";

export interface DepthwiseConv2dNativeBackpropInputs {
  x: TensorInfo;
  dy: TensorInfo;
  filter: TensorInfo;
}

export const depthwiseConv2dNative = kernel<DepthwiseConv2dNativeInputs, DepthwiseConv2dNativeAttrs>(
  DepthwiseConv2dNative,
  ({ inputs: { x, filter }, attrs, backend }) => {
    if (!allFloat32(x, filter)) return undefined;
    const shape = depthwiseShape(x.shape, filter.shape, attrs);
    if (shape.empty) return undefined;
    const y = backend.make(shape.info.outShape);
    depthwise(backend, shape, x, backend.floats(filter), y.values);
    return y.info;
  },
);

export const depthwiseConv2dNativeBackpropInput = kernel<
  DepthwiseConv2dNativeBackpropInputInputs,
  DepthwiseConv2dNativeAttrs & { inputShape: number[] }
>(
  DepthwiseConv2dNativeBackpropInput,
  ({ inputs: { dy, filter }, attrs, backend }) => {
    if (!allFloat32(dy, filter)) return undefined;
    const shape = depthwiseShape(attrs.inputShape, filter.shape, attrs);
    if (!fits(shape, dy)) return undefined;
    const dx = backend.make(attrs.inputShape);
    const [gradient, weights] = [backend.floats(dy), backend.floats(filter)];
    if (isOwn(shape)) {
      backend.addon.depthwiseBackward(
        shape.numbers,
        undefined,
        undefined,
        0,
        gradient,
        weights,
        dx.values,
        undefined,
        undefined,
      );
    } else {
      backend.addon.convolutionBackwardInput(shape.numbers, gradient, weights, dx.values);
    }
    return dx.info;
  },
  { other: "dy of another size than the forward operation gives" },
);

export const depthwiseConv2dNativeBackpropFilter = kernel<
  DepthwiseConv2dNativeBackpropFilterInputs,
  DepthwiseConv2dNativeAttrs & { filterShape: number[] }
>(
  DepthwiseConv2dNativeBackpropFilter,
  ({ inputs: { x, dy }, attrs, backend }) => {
    if (!allFloat32(x, dy)) return undefined;
    const shape = depthwiseShape(x.shape, attrs.filterShape, attrs);
    if (!fits(shape, dy)) return undefined;
    const dfilter = backend.make(attrs.filterShape);
    const gradient = backend.floats(dy);
    if (isOwn(shape)) {
      const { values, factors, before } = backend.operand(x);
      backend.addon.depthwiseBackward(
        shape.numbers,
        values,
        factors,
        before,
        gradient,
        undefined,
        undefined,
        dfilter.values,
        undefined,
      );
    } else {
      backend.addon.convolutionBackwardFilter(shape.numbers, backend.floats(x), gradient, dfilter.values);
    }
    return dfilter.info;
  },
  { other: "dy of another size than the forward operation gives" },
);

export const depthwiseConv2dNativeBackprop = kernel<DepthwiseConv2dNativeBackpropInputs, DepthwiseConv2dNativeAttrs>(
  DepthwiseConv2dNativeBackprop,
  ({ inputs: { x, dy, filter }, attrs, backend }) => {
    const shape = depthwiseShape(x.shape, filter.shape, attrs);
    const [dx, dfilter] = [backend.make(x.shape), backend.make(filter.shape)];
    const [{ values, factors, before }, gradient] = [backend.operand(x), backend.floats(dy)];
    const weights = backend.floats(filter);
    const sums = backend.normalizationSums(dx.info, x);
    backend.addon.depthwiseBackward(
      shape.numbers,
      values,
      factors,
      before,
      gradient,
      weights,
      dx.values,
      dfilter.values,
      sums,
    );
    return [dx.info, dfilter.info];
  },
);

/** Whether `DepthwiseConv2dNativeBackprop` takes a case. */
export function hasJointGradient(
  { x, dy, filter }: DepthwiseConv2dNativeBackpropInputs,
  attrs: DepthwiseConv2dNativeAttrs,
): boolean {
  if (!allFloat32(x, dy, filter)) return false;
  const shape = depthwiseShape(x.shape, filter.shape, attrs);
  return fits(shape, dy) && isOwn(shape);
}

/** y = activation(x ∗ filter + bias) for a shape that is not empty. */
export function depthwise(
  backend: OnednnBackend,
  shape: ConvolutionShape,
  x: TensorInfo,
  filter: Float32Array,
  y: Float32Array,
  { bias, activation = 0, alpha = 0 }: NativeEpilogue = {},
): void {
  if (!isOwn(shape)) {
    backend.addon.convolution(shape.numbers, backend.floats(x), filter, bias, y, activation, alpha);
    return;
  }
  const { values, factors, before } = backend.operand(x);
  backend.addon.depthwise(shape.numbers, values, factors, before, filter, bias, y, activation, alpha);
}

/** The shape of a depthwise convolution. */
export function depthwiseShape(input: number[], filter: number[], attrs: DepthwiseConv2dNativeAttrs): ConvolutionShape {
  const { strides, pad, dilations, dimRoundingMode } = attrs;
  return convolutionShape(
    input,
    filter,
    { strides, pad, dilations: dilations ?? 1, ...(dimRoundingMode && { dimRoundingMode }) },
    true,
  );
}

/** TensorFlow.js lets dy be of another size than the convolution gives. */
function fits({ empty, info }: ConvolutionShape, dy: TensorInfo): boolean {
  return !empty && dy.shape[1] === info.outHeight && dy.shape[2] === info.outWidth;
}

/** Whether our own kernels compute it. */
export function isOwn({ info }: ConvolutionShape): boolean {
  return info.inChannels === info.outChannels;
}
