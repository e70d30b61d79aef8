/**
 * `Conv2D` and, for inference, `FusedConv2D` (convolution, bias, relu in one kernel) of NHWC float32 images: patches
 * times filter. Every stride, dilation and padding is covered; other layouts, types and activations stay stock.
 */
import { FusedConv2D, Conv2D as StockConv2D } from "@tensorflow/tfjs-core";
import { type FastKernel, floats, type KernelCall } from "./kernel.js";
import { multiplyInto } from "./matmul.js";
import { bandPixels, convolution, forEachBand, gatherPatches, patchSize } from "./patches.js";

/** The convolution's values and shape, or `undefined` where it is not covered. */
function convolve(call: KernelCall): { values: Float32Array; shape: number[] } | undefined {
  const x = floats(call, "x");
  const filter = floats(call, "filter");
  if (x === undefined || filter === undefined) return undefined;
  const info = convolution(call.inputs.x!.shape, call.inputs.filter!.shape, call.attrs);
  if (info === undefined) return undefined;
  const size = patchSize(info);
  const weights = Float64Array.from(filter);
  const patches = new Float64Array(bandPixels(info) * size);
  const products = new Float64Array(bandPixels(info) * info.outChannels);
  const values = new Float32Array(info.batchSize * info.outHeight * info.outWidth * info.outChannels);
  forEachBand(info, (band) => {
    gatherPatches(x, info, band, patches);
    multiplyInto(patches, weights, products, band.pixels, size, info.outChannels);
    values.set(products.subarray(0, band.pixels * info.outChannels), band.outputOffset);
  });
  return { values, shape: info.outShape };
}

export const conv2d: FastKernel = {
  kernelName: StockConv2D,
  run(call) {
    const y = convolve(call);
    return y && call.backend.makeTensorInfo(y.shape, "float32", y.values);
  },
};

export const fusedConv2d: FastKernel = {
  kernelName: FusedConv2D,
  run(call) {
    const { activation } = call.attrs;
    if (activation !== "linear" && activation !== "relu") return undefined;
    const bias = floats(call, "bias");
    if (call.inputs.bias !== undefined && bias?.length !== call.inputs.filter!.shape[3]) return undefined;
    const y = convolve(call);
    if (y === undefined) return undefined;
    if (bias !== undefined) addBias(y.values, bias);
    if (activation === "relu") rectify(y.values);
    return call.backend.makeTensorInfo(y.shape, "float32", y.values);
  },
};

function addBias(values: Float32Array, bias: Float32Array): void {
  for (let i = 0; i < values.length; ) {
    for (let channel = 0; channel < bias.length; channel++, i++) values[i]! += bias[channel]!;
  }
}

/** `max(0, v)` in place; NaN stays NaN. */
function rectify(values: Float32Array): void {
  for (let i = 0; i < values.length; i++) if (values[i]! < 0) values[i] = 0;
}
