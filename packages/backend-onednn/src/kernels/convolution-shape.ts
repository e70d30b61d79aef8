/** The shape of a convolution as the addon takes it, kept per shape: to work it out again costs more than a small kernel. */
import { backend_util } from "@tensorflow/tfjs-core";

export interface ConvolutionShape {
  readonly info: backend_util.Conv2DInfo;
  /** See native/convolution.h. */
  readonly numbers: Int32Array;
  /** Whether any dimension is 0, which the addon does not take. */
  readonly empty: boolean;
}

export interface ConvolutionAttrs {
  strides: [number, number] | number;
  pad: "valid" | "same" | number | backend_util.ExplicitPadding;
  dataFormat?: "NHWC" | "NCHW";
  dilations?: [number, number] | number;
  dimRoundingMode?: "floor" | "round" | "ceil";
}

const kept = new Map<string, ConvolutionShape>();
const BOUND = 4096;

/** @throws Error where TensorFlow.js refuses the combination */
export function convolutionShape(
  input: number[],
  filter: number[],
  { strides, pad, dilations = 1, dimRoundingMode }: ConvolutionAttrs,
  depthwise: boolean,
): ConvolutionShape {
  const key = `${input}|${filter}|${strides}|${pad}|${dilations}|${dimRoundingMode}|${depthwise}`;
  let shape = kept.get(key);
  if (shape === undefined) {
    shape = describe(
      backend_util.computeConv2DInfo(
        input as [number, number, number, number],
        filter as [number, number, number, number],
        strides,
        dilations,
        pad,
        dimRoundingMode,
        depthwise,
      ),
      filter[2]!,
      depthwise,
    );
    if (kept.size >= BOUND) kept.clear();
    kept.set(key, shape);
  }
  return shape;
}

/** See native/convolution.h; also for pooling, which is described as a depthwise convolution. */
export function describe(info: backend_util.Conv2DInfo, filterChannels: number, depthwise: boolean): ConvolutionShape {
  const { padInfo: pad } = info;
  // oneDNN wants the padding that makes the output size come out exactly.
  const after = (input: number, output: number, before: number, filter: number, stride: number, dilation: number) =>
    Math.max(0, (output - 1) * stride + (filter - 1) * dilation + 1 - input - before);
  const bottom = after(
    info.inHeight,
    info.outHeight,
    pad.top,
    info.filterHeight,
    info.strideHeight,
    info.dilationHeight,
  );
  const right = after(info.inWidth, info.outWidth, pad.left, info.filterWidth, info.strideWidth, info.dilationWidth);
  const groups = depthwise ? info.inChannels : info.inChannels / filterChannels;
  const numbers = Int32Array.of(
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outChannels,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    pad.top,
    pad.left,
    bottom,
    right,
    info.dilationHeight,
    info.dilationWidth,
    groups,
    info.outHeight,
    info.outWidth,
  );
  const empty = [...numbers.subarray(0, 7), numbers[16]!, numbers[17]!].some((size) => size <= 0);
  return { info, numbers, empty };
}
