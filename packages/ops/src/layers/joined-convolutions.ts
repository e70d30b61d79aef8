/**
 * Convolutions in inference together with what is beside them: one kernel where the backend has it, and otherwise the
 * operations one after the other.
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  type ConvolutionActivation,
  FusedDepthwiseConv2DMean,
  FusedExpandedDepthwise,
  FusedPointwise,
  FusedSeparable,
} from "../kernels.js";
import { hasKernel, runKernel } from "../run-kernel.js";
import { attributes, biasOf, convolve, filterOf, takes, takesImages } from "./convolution.js";
import type { Convolution } from "./stock-layer.js";

/** What a product of pixels may be joined with. */
export interface Joined {
  /** `[N, 1, 1, C]`, a factor for each channel of x. */
  readonly gate?: tf.Tensor | undefined;
  /** Added to the output, of its shape. */
  readonly addend?: tf.Tensor | undefined;
}

/** activation(convolution of x · gate + bias) + addend for a pointwise convolution. */
export function pointwise(
  layer: Convolution,
  x: tf.Tensor4D,
  { gate, addend }: Joined,
  activation: ConvolutionActivation,
): tf.Tensor4D {
  if (hasKernel(FusedPointwise)) {
    const inputs = { x, filter: filterOf(layer), bias: biasOf(layer), gate, addend };
    return runKernel(FusedPointwise, inputs, { activation })[0] as tf.Tensor4D;
  }
  return tf.tidy(() => {
    const y = convolve(layer, gate ? tf.mul(x, gate) : x, activation);
    return addend ? tf.add(y, addend) : y;
  });
}

/** y = activation(convolution of x + bias) for a depthwise convolution, and the mean of each channel over each image. */
export function depthwiseMean(
  layer: Convolution,
  x: tf.Tensor4D,
  activation: ConvolutionActivation,
): [tf.Tensor, tf.Tensor] {
  if (hasKernel(FusedDepthwiseConv2DMean)) {
    const inputs = { x, filter: filterOf(layer), bias: biasOf(layer) };
    const [y, mean] = runKernel(FusedDepthwiseConv2DMean, inputs, { ...attributes(layer), activation });
    return [y!, mean!];
  }
  const y = convolve(layer, x, activation);
  return [y, tf.mean(y, [1, 2])];
}

/** A convolution, with its activation, that another alone reads. */
export interface Before {
  readonly layer: Convolution;
  readonly activation: ConvolutionActivation;
}

/** Whether x is what the kernels of both are defined for. One of them is pointwise, so that the sizes of images stay. */
export function takesBoth(before: Before, layer: Convolution, x: tf.Tensor): x is tf.Tensor4D {
  if (!takes(before.layer, x)) return false;
  const [, , channels, outputs] = filterOf(before.layer).shape;
  const between = before.layer.depthwiseKernel ? channels : outputs;
  return takesImages(layer, [...x.shape.slice(0, 3), between]);
}

/** As {@link depthwiseMean}, of what the expansion makes of x. */
export function expandedDepthwise(
  expansion: Before,
  layer: Convolution,
  x: tf.Tensor4D,
  activation: ConvolutionActivation,
): [tf.Tensor, tf.Tensor] {
  if (hasKernel(FusedExpandedDepthwise)) {
    const before = { expansion: filterOf(expansion.layer), expansionBias: biasOf(expansion.layer) };
    const inputs = { x, ...before, filter: filterOf(layer), bias: biasOf(layer) };
    const attrs = { ...attributes(layer), activation, expansionActivation: expansion.activation };
    const [y, mean] = runKernel(FusedExpandedDepthwise, inputs, attrs);
    return [y!, mean!];
  }
  return tf.tidy(() => depthwiseMean(layer, convolve(expansion.layer, x, expansion.activation), activation));
}

/** activation(pointwise convolution of a depthwise one of x, + bias) + addend. */
export function separable(
  depthwise: Before,
  layer: Convolution,
  x: tf.Tensor4D,
  addend: tf.Tensor | undefined,
  activation: ConvolutionActivation,
): tf.Tensor {
  if (hasKernel(FusedSeparable)) {
    const before = { depthwise: filterOf(depthwise.layer), depthwiseBias: biasOf(depthwise.layer) };
    const inputs = { x, ...before, filter: filterOf(layer), bias: biasOf(layer), addend };
    const attrs = { ...attributes(depthwise.layer), activation, depthwiseActivation: depthwise.activation };
    return runKernel(FusedSeparable, inputs, attrs)[0]!;
  }
  return tf.tidy(() => {
    const z = convolve(depthwise.layer, x, depthwise.activation);
    return addend ? pointwise(layer, z, { addend }, activation) : convolve(layer, z, activation);
  });
}
