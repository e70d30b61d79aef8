/** The gradient of depthwise convolution: where both parts are wanted, one kernel computes them while it reads dy once. */
import { type DepthwiseConv2dNativeAttrs, engine, type GradFunc, type Tensor } from "@tensorflow/tfjs-core";
import { DepthwiseConv2dNativeBackprop, hasJointGradient } from "../kernels/DepthwiseConv2dNative.js";

export function depthwiseConv2dNativeGradient(original: GradFunc): GradFunc {
  return (dy, saved, attrs) => {
    const [x, filter] = saved as [Tensor, Tensor];
    const inputs = { x, dy: dy as Tensor, filter };
    if (!hasJointGradient(inputs, attrs as unknown as DepthwiseConv2dNativeAttrs)) return original(dy, saved, attrs);
    const parts = original(dy, saved, attrs);
    let both: Tensor[] | undefined;
    return {
      x: () => {
        // With the gradient of the input, that of the filter is nearly free; a network needs both in all its layers but
        // the first, whose input is data.
        both = engine().runKernel(DepthwiseConv2dNativeBackprop, inputs, attrs) as unknown as Tensor[];
        return both[0]!;
      },
      filter: () => both?.[1] ?? parts.filter!(),
    };
  };
}
