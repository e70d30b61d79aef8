/** Both gradients of a dilated convolution, which TensorFlow.js has no kernels for. */
import { DilatedConv2DGrad, type DilatedConv2DGradAttrs, type DilatedConv2DGradInputs } from "@roga/ops";
import { kernel } from "../register.js";
import { convolutionShape } from "./convolution-shape.js";

export const dilatedConv2DGrad = kernel<DilatedConv2DGradInputs, DilatedConv2DGradAttrs>(
  DilatedConv2DGrad,
  ({ inputs: { x, filter, dy }, attrs: { rate }, backend }) => {
    const attrs = { strides: [1, 1] as [number, number], pad: "same" as const, dilations: rate };
    const { numbers, empty } = convolutionShape(x.shape, filter.shape, attrs, false);
    const [dx, dfilter] = [backend.make(x.shape), backend.make(filter.shape)];
    if (empty) {
      backend.addon.fill(dx.values, 0);
      backend.addon.fill(dfilter.values, 0);
    } else {
      const [images, weights, upstream] = [backend.floats(x), backend.floats(filter), backend.floats(dy)];
      backend.addon.convolutionBackwardInput(numbers, upstream, weights, dx.values);
      backend.addon.convolutionBackwardFilter(numbers, images, upstream, dfilter.values);
    }
    return [dx.info, dfilter.info];
  },
);
