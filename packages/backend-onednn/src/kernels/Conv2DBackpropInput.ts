/** The gradient of Conv2D with respect to its input. */
import { Conv2DBackpropInput, type Conv2DBackpropInputInputs } from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { kernel } from "../register.js";
import { type ConvolutionAttrs, convolutionShape } from "./convolution-shape.js";

type Attrs = ConvolutionAttrs & { inputShape: [number, number, number, number] };

export const conv2DBackpropInput = kernel<Conv2DBackpropInputInputs, Attrs>(
  Conv2DBackpropInput,
  ({ inputs: { dy, filter }, attrs, backend }) => {
    if (!allFloat32(dy, filter) || attrs.dataFormat === "NCHW") return undefined;
    const shape = convolutionShape(attrs.inputShape, filter.shape, { ...attrs, dilations: 1 }, false);
    const { info, numbers } = shape;
    // TensorFlow.js lets dy be of another size than the convolution gives.
    if (shape.empty || dy.shape[1] !== info.outHeight || dy.shape[2] !== info.outWidth) return undefined;
    const dx = backend.make(info.inShape);
    const [a, b] = [backend.floats(dy), backend.floats(filter)];
    backend.addon.convolutionBackwardInput(numbers, a, b, dx.values);
    return dx.info;
  },
  { other: "NCHW; dy of another size than the forward operation gives" },
);
