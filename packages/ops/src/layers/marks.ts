/** How the layers of an accelerated model agree, in one call, on who computes an activation. */
import type * as tf from "@tensorflow/tfjs-core";
import type { Activation } from "../kernels.js";
import type { CallArguments, Layer } from "./stock-layer.js";

/** In the arguments of a call, the activations that layers are to compute for the layer after them. */
export const FUSED = Symbol("fused activations");

/** Arguments of a call within an accelerated model. */
export type MarkedArguments = CallArguments & { readonly [FUSED]?: ReadonlyMap<Layer, Activation> };

/** Outputs that have the activation of the next layer already. */
export const activated = new WeakSet<tf.Tensor>();
