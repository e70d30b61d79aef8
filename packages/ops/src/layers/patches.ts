/**
 * What the pass puts in the place of `call` on single layers. A layer's configuration, weights and class stay as they
 * are. Which layers were changed is remembered here, so that a second pass leaves them alone.
 */
import * as tf from "@tensorflow/tfjs-core";
import { averageUpdate } from "../average-update.js";
import { normalizeBatch } from "../batch-norm-training.js";
import type { Activation } from "../kernels.js";
import { swish } from "../swish.js";
import { activated, FUSED, type MarkedArguments } from "./marks.js";
import {
  activationOf,
  type BatchNormalization,
  isBatchNormalization,
  type Layer,
  single,
  type WithCallHook,
} from "./stock-layer.js";

const normalizations = new WeakSet<Layer>();
const activations = new WeakMap<Layer, { activation: "relu" | "relu6" | "swish"; call: Layer["call"] }>();

/** Whether a batch normalization was changed by this pass. */
export function isPatchedNormalization(layer: Layer): boolean {
  return normalizations.has(layer);
}

/** The activation of a layer that was changed by this pass and lets pass what has it already. */
export function patchedActivation(layer: Layer): "relu" | "relu6" | "swish" | undefined {
  const patched = activations.get(layer);
  return patched?.call === layer.call ? patched.activation : undefined;
}

/** Makes a stock batch normalization train through one operation; false where the layer is none, or is changed already. */
export function patchNormalization(layer: Layer): boolean {
  if (!isBatchNormalization(layer)) return false;
  const stock = layer.call.bind(layer);
  layer.call = (inputs, kwargs: MarkedArguments) => {
    const x = single(inputs);
    // Stock statistics of an empty batch are NaN, and integers are converted first.
    if (!kwargs.training || x.dtype !== "float32" || x.size === 0) return stock(inputs, kwargs);
    const activation = kwargs[FUSED]?.get(layer) ?? "linear";
    const y = tf.tidy(() => normalize(layer, x, activation));
    if (activation !== "linear") activated.add(y);
    return y;
  };
  normalizations.add(layer);
  return true;
}

function normalize(layer: BatchNormalization, x: tf.Tensor, activation: Activation): tf.Tensor {
  const { gamma, beta, epsilon, momentum, movingMean, movingVariance } = layer;
  const { y, mean, variance } = normalizeBatch(
    x,
    { gamma: gamma?.read(), beta: beta?.read() },
    { epsilon, activation },
  );
  const averages = [movingMean, movingVariance].map((statistic) => statistic.read() as tf.Variable);
  averageUpdate(averages, [mean, variance], momentum);
  return y;
}

/**
 * Makes a stock relu, relu6 or swish layer let pass what the layer before it has activated, and a swish
 * compute through one operation; undefined where the layer is none, or is changed already.
 *
 * @returns the activation
 */
export function patchActivation(layer: Layer): "relu" | "relu6" | "swish" | undefined {
  const activation = activationOf(layer);
  if (activation === undefined) return undefined;
  const stock = layer.call.bind(layer);
  const hooked = layer as unknown as WithCallHook;
  layer.call = (inputs, kwargs) => {
    const x = single(inputs);
    const passes = activated.has(x);
    if (!passes && (activation !== "swish" || x.dtype !== "float32")) return stock(inputs, kwargs);
    hooked.invokeCallHook(inputs, kwargs);
    return passes ? x : swish(x);
  };
  activations.set(layer, { activation, call: layer.call });
  return activation;
}
