/**
 * What the pass needs to know of TensorFlow.js' layers beyond their public types, and whether a layer is a stock one
 * that nobody has changed.
 */
import { serialization, type Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel, LayerVariable } from "@tensorflow/tfjs-layers";

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

/** A layer's `call` hook, which stock activation layers run. */
export interface WithCallHook {
  invokeCallHook(inputs: Tensor | Tensor[], kwargs: CallArguments): void;
}

/** Whether a layer is of the library's own class of that name and computes what that class does. */
function isStock(layer: Layer, className: string): boolean {
  const registered = serialization.SerializationMap.getMap().classNameMap[className]?.[0];
  return layer.getClassName() === className && layer.constructor === registered && !Object.hasOwn(layer, "call");
}

/** Whether a layer is a built stock batch normalization over the last axis. */
export function isBatchNormalization(layer: Layer): layer is BatchNormalization {
  if (!isStock(layer, "BatchNormalization") || !layer.built) return false;
  const { axis, movingMean, movingVariance, inputSpec } = layer as BatchNormalization;
  const rank = inputSpec?.[0]?.ndim ?? 0;
  return rank >= 2 && (axis === -1 || axis === rank - 1) && movingMean !== undefined && movingVariance !== undefined;
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

/** The only input of a layer. */
export function single(inputs: Tensor | Tensor[]): Tensor {
  return Array.isArray(inputs) ? inputs[0]! : inputs;
}
