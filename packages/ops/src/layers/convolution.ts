/**
 * Stock convolutions in inference: one kernel computes the convolution, its bias and an activation. What the pass puts in
 * the place of their `call` does so for the layer's own activation; a plan of the model's inference for that of the layer
 * after it, too. In training only a convolution that is nothing else changes: TensorFlow.js computes both gradients of its
 * fused operation, which stock layers use, also where one is not wanted, such as that of a network's images.
 */
import * as tf from "@tensorflow/tfjs-core";
import { type ConvolutionActivation, FusedConv2DSwish, FusedDepthwiseConv2DSwish } from "../kernels.js";
import { hasKernel, runKernel } from "../run-kernel.js";
import { swish } from "../swish.js";
import { type Convolution, isConvolution, type Layer, ownActivation, single } from "./stock-layer.js";

/** Changed convolutions, and what took the place of their `call`. */
const convolutions = new WeakMap<Layer, Layer["call"]>();

/** Whether a convolution was changed by this pass, and by nobody after it. */
export function isPatchedConvolution(layer: Layer): layer is Convolution {
  return convolutions.has(layer) && convolutions.get(layer) === layer.call;
}

/** Makes a stock convolution run one kernel in inference; false where the layer is none, or is changed already. */
export function patchConvolution(layer: Layer): boolean {
  if (!isConvolution(layer)) return false;
  const stock = layer.call.bind(layer);
  const own = ownActivation(layer);
  layer.call = (inputs, kwargs) => {
    const x = single(inputs);
    const recorded = tf.engine().state.gradientDepth > 0;
    if (!takes(layer, x)) return stock(inputs, kwargs);
    if (!recorded && !kwargs.training) return convolve(layer, x, own);
    if (own !== "linear" || layer.bias != null || layer.depthwiseKernel) return stock(inputs, kwargs);
    return tf.conv2d(x, filterOf(layer), layer.strides, layer.padding, "NHWC", layer.dilationRate);
  };
  convolutions.set(layer, layer.call);
  return true;
}

/** Its weights. */
export const filterOf = (layer: Convolution) => (layer.depthwiseKernel ?? layer.kernel)!.read() as tf.Tensor4D;
/** Its bias, if it has one. */
export const biasOf = (layer: Convolution) => layer.bias?.read() as tf.Tensor1D | undefined;
/** Stock depthwise convolutions pass no dilation on. */
const dilationsOf = ({ depthwiseKernel, dilationRate }: Convolution) =>
  depthwiseKernel ? ([1, 1] as [number, number]) : dilationRate;

/** Whether a layer is a changed convolution that multiplies the channels of each pixel by a matrix, and nothing else. */
export function isPointwise(layer: Layer): layer is Convolution {
  if (!isPatchedConvolution(layer)) return false;
  const shape = layer.kernel?.shape;
  return shape?.[0] === 1 && shape[1] === 1 && layer.strides.every((stride) => stride === 1);
}

/** Whether a layer is a changed depthwise convolution with one filter for each channel. */
export function isDepthwise(layer: Layer): layer is Convolution {
  return isPatchedConvolution(layer) && layer.depthwiseKernel?.shape[3] === 1;
}

/** Whether x is what the kernels are defined for; the stock layer deals with the rest, or refuses it. */
export function takes(layer: Convolution, x: tf.Tensor): x is tf.Tensor4D {
  return x.dtype === "float32" && x.rank === 4 && x.size > 0 && takesImages(layer, x.shape);
}

/** The same of float32 images of a shape. */
export function takesImages(layer: Convolution, shape: readonly number[]): boolean {
  const filter = filterOf(layer);
  if (layer.depthwiseKernel && !hasKernel(tf.FusedDepthwiseConv2D)) return false;
  if (shape[3] !== filter.shape[2]) return false;
  const dilations = dilationsOf(layer);
  const fits = (axis: 0 | 1) => (filter.shape[axis] - 1) * dilations[axis] < shape[axis + 1]!;
  return layer.padding === "same" || (fits(0) && fits(1));
}

/** activation(convolution of x + bias). */
export function convolve(layer: Convolution, x: tf.Tensor4D, activation: ConvolutionActivation): tf.Tensor4D {
  const filter = filterOf(layer);
  const bias = biasOf(layer);
  if (activation === "swish") {
    const kernel = layer.depthwiseKernel ? FusedDepthwiseConv2DSwish : FusedConv2DSwish;
    if (hasKernel(kernel)) return runKernel(kernel, { x, filter, bias }, attributes(layer))[0] as tf.Tensor4D;
    return tf.tidy(() => swish(convolve(layer, x, "linear")));
  }
  const operation = layer.depthwiseKernel ? tf.fused.depthwiseConv2d : tf.fused.conv2d;
  return operation({ x, filter, ...(bias && { bias }), ...attributes(layer), activation });
}

/** The attributes of its kernels. */
export function attributes(layer: Convolution) {
  const { strides, padding: pad } = layer;
  return { strides, pad, dataFormat: "NHWC" as const, dilations: dilationsOf(layer) };
}
