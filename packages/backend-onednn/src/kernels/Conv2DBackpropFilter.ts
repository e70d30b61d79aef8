/** The gradient of Conv2D with respect to its filter. */
import { Conv2DBackpropFilter, type Conv2DBackpropFilterInputs } from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { kernel } from "../register.js";
import { type ConvolutionAttrs, convolutionShape } from "./convolution-shape.js";

type Attrs = ConvolutionAttrs & { filterShape: [number, number, number, number] };

export const conv2DBackpropFilter = kernel<Conv2DBackpropFilterInputs, Attrs>(
  Conv2DBackpropFilter,
  ({ inputs: { x, dy }, attrs, backend }) => {
    if (!allFloat32(x, dy) || attrs.dataFormat === "NCHW") return undefined;
    const shape = convolutionShape(x.shape, attrs.filterShape, { ...attrs, dilations: 1 }, false);
    const { info, numbers } = shape;
    if (shape.empty || dy.shape[1] !== info.outHeight || dy.shape[2] !== info.outWidth) return undefined;
    const dfilter = backend.make(attrs.filterShape);
    const [a, b] = [backend.floats(x), backend.floats(dy)];
    backend.addon.convolutionBackwardFilter(numbers, a, b, dfilter.values);
    return dfilter.info;
  },
  { other: "NCHW; dy of another size than the forward operation gives" },
);
