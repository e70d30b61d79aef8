/**
 * The separable transposed convolution: what a decoder's up-sampling layer does to each channel.
 * Where stride does not divide the kernel, or its phases have unequal sums, samples receive unequal shares of the input
 * (Odena, Dumoulin, Olah: Deconvolution and checkerboard artifacts, Distill 2016), and whatever the kernel does not
 * suppress of the spectrum's replicas stays (Durall, Keuper, Keuper, CVPR 2020).
 */
import { channelsOf, type Raster, zeros } from "./raster.js";

/** Transposed convolution along one axis, one kernel a channel; the input's borders are replicated. */
function upAxis(source: Raster, stride: number, kernels: readonly Float64Array[], axis: "x" | "y"): Raster {
  const { width, height, data } = source;
  const channels = channelsOf(source);
  const output = axis === "x" ? zeros(width * stride, height, channels) : zeros(width, height * stride, channels);
  const length = axis === "x" ? width : height;
  const step = (axis === "x" ? 1 : width) * channels;
  for (let y = 0, target = 0; y < output.height; y++) {
    for (let x = 0; x < output.width; x++) {
      const position = axis === "x" ? x : y;
      const line = axis === "x" ? y * width * channels : x * channels;
      for (let c = 0; c < channels; c++) {
        const kernel = kernels[c]!;
        // Input i reaches output position through tap position + padding - i * stride.
        const reach = position + Math.ceil((kernel.length - stride) / 2);
        let sum = 0;
        for (let tap = reach % stride; tap < kernel.length; tap += stride) {
          const from = Math.min(length - 1, Math.max(0, (reach - tap) / stride));
          sum += kernel[tap]! * data[line + from * step + c]!;
        }
        output.data[target++] = sum;
      }
    }
  }
  return output;
}

/**
 * The raster up-sampled by `stride` along both axes.
 * @param across One kernel a channel for the rows, of at least `stride` taps; padding crops the output to size · stride.
 * @param down One kernel a channel for the columns.
 */
export function transposedConvolution(
  raster: Raster,
  stride: number,
  across: readonly Float64Array[],
  down: readonly Float64Array[],
): Raster {
  return upAxis(upAxis(raster, stride, across, "x"), stride, down, "y");
}
