/**
 * What the pass needs to know of TensorFlow.js' layers beyond their public types, and whether a layer is a stock one
 * that nobody has changed.
 */
import { serialization, type Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel, LayerVariable } from "@tensorflow/tfjs-layers";
import type { ConvolutionActivation } from "../kernels.js";

/** Any layer; the library does not export its class. */
export type Layer = LayersModel["layers"][number];

/** Arguments of a layer's `call` besides its inputs. */
export type CallArguments = Parameters<Layer["call"]>[1];

/** A stock `BatchNormalization` that was built. */
export interface BatchNormalization extends Layer {
  /** Axis of the channels; negative ones count from the end. */
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  /** γ, unless the layer was made without. */
  readonly gamma?: LayerVariable;
  /** β, likewise. */
  readonly beta?: LayerVariable;
  readonly movingMean: LayerVariable;
  readonly movingVariance: LayerVariable;
}

/** A stock `Conv2D` or `DepthwiseConv2D` that was built. */
export interface Convolution extends Layer {
  /** `[h, w, C, D]`; absent of a depthwise convolution. */
  readonly kernel?: LayerVariable;
  /** `[h, w, C, M]`; absent of any other convolution. */
  readonly depthwiseKernel?: LayerVariable;
  /** null where the layer was made without. */
  readonly bias: LayerVariable | null;
  readonly strides: [number, number];
  readonly padding: "same" | "valid";
  /** Of no effect on a depthwise convolution. */
  readonly dilationRate: [number, number];
}

const convolutionActivations: readonly ConvolutionActivation[] = ["linear", "relu", "relu6", "elu", "sigmoid", "swish"];

/** The part of a model that `predict` runs once it has checked its arguments. */
export interface WithPredictLoop {
  predictLoop(inputs: Tensor | Tensor[], batchSize?: number, verbose?: boolean): Tensor | Tensor[];
}

/** A layer's `call` hook, which stock activation layers run. */
export interface WithCallHook {
  invokeCallHook(inputs: Tensor | Tensor[], kwargs: CallArguments): void;
}

/** Whether somebody set a layer's call hook. */
export function isHooked(layer: Layer): boolean {
  return (layer as unknown as { readonly _callHook: unknown })._callHook != null;
}

/** Whether a layer is of the library's own class of that name and computes what that class does. */
export function isStock(layer: Layer, className: string): boolean {
  const registered = serialization.SerializationMap.getMap().classNameMap[className]?.[0];
  return layer.getClassName() === className && layer.constructor === registered && !Object.hasOwn(layer, "call");
}

const merging = ["Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply"];

/** Whether a layer gives a mask only where its inputs have one. */
export function passesMasks(layer: Layer): boolean {
  return (
    !(layer as unknown as { readonly supportsMasking: boolean }).supportsMasking ||
    layer.computeMask === firstComputeMask(layer) ||
    merging.some((className) => isStock(layer, className))
  );
}

/** The method of the class that all layers are of. */
function firstComputeMask(layer: object): unknown {
  let first: unknown;
  for (let at: object | null = layer; at !== null; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, "computeMask")) first = (at as Layer).computeMask;
  }
  return first;
}

/** Whether a layer is a built stock batch normalization over the last axis. */
export function isBatchNormalization(layer: Layer): layer is BatchNormalization {
  if (!isStock(layer, "BatchNormalization") || !layer.built) return false;
  const { axis, movingMean, movingVariance, inputSpec } = layer as BatchNormalization;
  const rank = inputSpec?.[0]?.ndim ?? 0;
  return rank >= 2 && (axis === -1 || axis === rank - 1) && movingMean !== undefined && movingVariance !== undefined;
}

/** Whether a layer is a built stock convolution of images whose channels are last, with an activation of a fused kernel. */
export function isConvolution(layer: Layer): layer is Convolution {
  if (!(isStock(layer, "Conv2D") || isStock(layer, "DepthwiseConv2D")) || !layer.built) return false;
  const { dataFormat, padding } = layer as Convolution & { dataFormat: string };
  const activations: readonly unknown[] = convolutionActivations;
  const padded = padding === "same" || padding === "valid";
  return padded && dataFormat === "channelsLast" && activations.includes(layer.getConfig().activation);
}

/** The activation of a convolution itself. */
export function ownActivation(layer: Convolution): ConvolutionActivation {
  return layer.getConfig().activation as ConvolutionActivation;
}

/** Whether a model executes its layers as the library's own models do. */
export function isStockModel(model: LayersModel): boolean {
  return ["Model", "Functional", "Sequential"].some((className) => isStock(model, className));
}

/** The model that executes a model: a sequential one makes another when it is built, and runs that, others run themselves. */
export function executing(model: LayersModel): LayersModel {
  return (model as { model?: LayersModel | null }).model ?? model;
}

/** What a stock layer that is nothing but a relu, relu6 or swish computes. */
export function activationOf(layer: Layer): "relu" | "relu6" | "swish" | undefined {
  if (isStock(layer, "Activation")) {
    const { activation } = layer.getConfig();
    return activation === "relu" || activation === "relu6" || activation === "swish" ? activation : undefined;
  }
  if (isStock(layer, "ReLU")) {
    const { maxValue } = layer.getConfig();
    if (maxValue === undefined || maxValue === null) return "relu";
    return maxValue === 6 ? "relu6" : undefined;
  }
  return undefined;
}

/** What an unchanged stock activation layer computes, if a convolution's kernel does, too. */
export function convolutionActivationOf(layer: Layer): ConvolutionActivation | undefined {
  if (!isStock(layer, "Activation")) return undefined;
  return convolutionActivations.find((activation) => activation === layer.getConfig().activation);
}

/** Whether a layer is a stock mean over images whose channels are last. */
export function isImageMean(layer: Layer): boolean {
  return isStock(layer, "GlobalAveragePooling2D") && layer.getConfig().dataFormat === "channelsLast";
}

/** The only input of a layer. */
export function single(inputs: Tensor | Tensor[]): Tensor {
  return Array.isArray(inputs) ? inputs[0]! : inputs;
}
