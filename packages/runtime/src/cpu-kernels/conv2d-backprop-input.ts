/**
 * `Conv2DBackpropInput`: the gradient of an NHWC convolution with respect to its input (also `tf.conv2dTranspose`):
 * dy · filterᵀ gives every patch's gradient, and overlapping patches are added. No dilation, as in the stock kernel.
 */
import { Conv2DBackpropInput, util } from "@tensorflow/tfjs-core";
import { type FastKernel, floats } from "./kernel.js";
import { multiplyInto } from "./matmul.js";
import { bandPixels, convolution, forEachBand, patchSize, scatterPatches } from "./patches.js";

export const conv2dBackpropInput: FastKernel = {
  kernelName: Conv2DBackpropInput,
  run(call) {
    const dy = floats(call, "dy");
    const filter = floats(call, "filter");
    if (dy === undefined || filter === undefined) return undefined;
    const inputShape = call.attrs.inputShape as number[];
    const info = convolution(inputShape, call.inputs.filter!.shape, call.attrs);
    if (info === undefined || !util.arraysEqual(info.outShape, call.inputs.dy!.shape)) return undefined;
    const size = patchSize(info);
    const channels = info.outChannels;
    const weights = transpose(filter, size, channels);
    const upstream = new Float64Array(bandPixels(info) * channels);
    const patches = new Float64Array(bandPixels(info) * size);
    const image = new Float64Array(info.inHeight * info.inWidth * info.inChannels);
    const dx = new Float32Array(info.batchSize * image.length);
    forEachBand(info, (band) => {
      if (band.firstRow === 0) image.fill(0);
      upstream.set(dy.subarray(band.outputOffset, band.outputOffset + band.pixels * channels));
      multiplyInto(upstream, weights, patches, band.pixels, channels, size);
      scatterPatches(patches, info, band, image);
      if (band.firstRow + band.rows === info.outHeight) dx.set(image, band.image * image.length);
    });
    return call.backend.makeTensorInfo(inputShape, "float32", dx);
  },
};

/** `[rows, columns]` → `[columns, rows]`, in double precision. */
function transpose(values: Float32Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c]!;
  return out;
}
