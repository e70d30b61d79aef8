/**
 * What the pass puts in the place of `call` on stock convolutions: in inference one kernel computes the convolution, its
 * bias and an activation, be it the layer's own or that of the layer after it. Training is left as it is.
 */
import * as tf from "@tensorflow/tfjs-core";
import { FusedConv2DSwish, FusedDepthwiseConv2DSwish } from "../kernels.js";
import { hasKernel, runKernel } from "../run-kernel.js";
import { swish } from "../swish.js";
import { activated, FUSED, type MarkedArguments } from "./marks.js";
import {
  type Convolution,
  type ConvolutionActivation,
  isConvolution,
  type Layer,
  ownActivation,
  single,
} from "./stock-layer.js";

/** Changed convolutions, and whether their own activation is none. */
const convolutions = new WeakMap<Layer, boolean>();

/** Whether a convolution was changed by this pass and has no activation of its own. */
export function isPatchedLinear(layer: Layer): boolean {
  return convolutions.get(layer) === true;
}

/** Makes a stock convolution run one kernel in inference; false where the layer is none, or is changed already. */
export function patchConvolution(layer: Layer): boolean {
  if (!isConvolution(layer)) return false;
  const stock = layer.call.bind(layer);
  const own = ownActivation(layer);
  layer.call = (inputs, kwargs: MarkedArguments) => {
    const x = single(inputs);
    const filter = (layer.depthwiseKernel ?? layer.kernel)!.read() as tf.Tensor4D;
    const recorded = tf.engine().state.gradientDepth > 0;
    if (recorded || kwargs.training || !takes(layer, x, filter)) return stock(inputs, kwargs);
    const next = kwargs[FUSED]?.get(layer);
    const wanted = next ?? own;
    if (wanted === "swish" && !hasKernel(swishKernelOf(layer))) {
      const linear = () => convolve(layer, x, filter, "linear");
      return next === undefined ? tf.tidy(() => swish(linear())) : linear();
    }
    const y = convolve(layer, x, filter, wanted);
    if (next !== undefined) activated.add(y);
    return y;
  };
  convolutions.set(layer, own === "linear");
  return true;
}

const swishKernelOf = ({ depthwiseKernel }: Convolution) =>
  depthwiseKernel ? FusedDepthwiseConv2DSwish : FusedConv2DSwish;
/** Stock depthwise convolutions pass no dilation on. */
const dilationsOf = ({ depthwiseKernel, dilationRate }: Convolution) =>
  depthwiseKernel ? ([1, 1] as [number, number]) : dilationRate;

/** Whether x is what the kernels are defined for; the stock layer deals with the rest, or refuses it. */
function takes(layer: Convolution, x: tf.Tensor, filter: tf.Tensor4D): x is tf.Tensor4D {
  if (layer.depthwiseKernel && !hasKernel(tf.FusedDepthwiseConv2D)) return false;
  if (x.dtype !== "float32" || x.rank !== 4 || x.size === 0 || x.shape[3] !== filter.shape[2]) return false;
  const dilations = dilationsOf(layer);
  const fits = (axis: 0 | 1) => (filter.shape[axis] - 1) * dilations[axis] < x.shape[axis + 1]!;
  return layer.padding === "same" || (fits(0) && fits(1));
}

function convolve(
  layer: Convolution,
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  activation: ConvolutionActivation,
): tf.Tensor {
  const { strides, padding: pad } = layer;
  const bias = layer.bias?.read() as tf.Tensor1D | undefined;
  const attrs = { strides, pad, dataFormat: "NHWC" as const, dilations: dilationsOf(layer) };
  if (activation === "swish") return runKernel(swishKernelOf(layer), { x, filter, bias }, attrs)[0]!;
  const operation = layer.depthwiseKernel ? tf.fused.depthwiseConv2d : tf.fused.conv2d;
  return operation({ x, filter, ...(bias && { bias }), ...attrs, activation });
}
