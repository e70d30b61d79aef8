/**
 * `Conv2DBackpropFilter`: the gradient of an NHWC convolution with respect to its filter, patchesᵀ · dy summed over
 * the batch in double precision. As in the stock kernel the convolution has no dilation.
 */
import { Conv2DBackpropFilter, util } from "@tensorflow/tfjs-core";
import { type FastKernel, floats } from "./kernel.js";
import { addTransposedProduct } from "./matmul.js";
import { bandPixels, convolution, forEachBand, gatherPatches, patchSize } from "./patches.js";

export const conv2dBackpropFilter: FastKernel = {
  kernelName: Conv2DBackpropFilter,
  run(call) {
    const x = floats(call, "x");
    const dy = floats(call, "dy");
    if (x === undefined || dy === undefined) return undefined;
    const filterShape = call.attrs.filterShape as number[];
    const info = convolution(call.inputs.x!.shape, filterShape, call.attrs);
    if (info === undefined || !util.arraysEqual(info.outShape, call.inputs.dy!.shape)) return undefined;
    const size = patchSize(info);
    const channels = info.outChannels;
    const patches = new Float64Array(bandPixels(info) * size);
    const upstream = new Float64Array(bandPixels(info) * channels);
    const gradient = new Float64Array(size * channels);
    forEachBand(info, (band) => {
      gatherPatches(x, info, band, patches);
      upstream.set(dy.subarray(band.outputOffset, band.outputOffset + band.pixels * channels));
      addTransposedProduct(patches, upstream, gradient, band.pixels, size, channels);
    });
    return call.backend.makeTensorInfo(filterShape, "float32", Float32Array.from(gradient));
  },
};
