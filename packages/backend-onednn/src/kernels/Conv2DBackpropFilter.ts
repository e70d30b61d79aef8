/** The gradient of Conv2D with respect to its filter. */
import { Conv2DBackpropFilter, type Conv2DBackpropFilterInputs } from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { kernel } from "../register.js";
import { type ConvolutionAttrs, convolutionShape } from "./convolution-shape.js";

/**
 * Up to this many weights, oneDNN's convolution primitive computes a sum over many pixels faster than its matrix product
 * does (up to 2.4 times, measured for 2.6 on AVX-512); beyond, it is the other way round.
 */
const SMALL_FILTER = 2 ** 16;

type Attrs = ConvolutionAttrs & { filterShape: [number, number, number, number] };

export const conv2DBackpropFilter = kernel<Conv2DBackpropFilterInputs, Attrs>(
  Conv2DBackpropFilter,
  ({ inputs: { x, dy }, attrs, backend }) => {
    if (!allFloat32(x, dy) || attrs.dataFormat === "NCHW") return undefined;
    const shape = convolutionShape(x.shape, attrs.filterShape, { ...attrs, dilations: 1 }, false);
    const { info, numbers, pointwise } = shape;
    if (shape.empty || dy.shape[1] !== info.outHeight || dy.shape[2] !== info.outWidth) return undefined;
    const dfilter = backend.make(attrs.filterShape);
    const [a, b] = [backend.floats(x), backend.floats(dy)];
    if (pointwise && info.inChannels * info.outChannels > SMALL_FILTER) {
      const pixels = info.batchSize * info.outHeight * info.outWidth;
      backend.addon.matmul(
        a,
        b,
        dfilter.values,
        1,
        info.inChannels,
        info.outChannels,
        pixels,
        true,
        false,
        false,
        false,
      );
    } else {
      backend.addon.convolutionBackwardFilter(numbers, a, b, dfilter.values);
    }
    return dfilter.info;
  },
);
