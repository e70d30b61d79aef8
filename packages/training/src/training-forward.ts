/**
 * A forward in training mode that also hands out what the detector's last linear layer takes, for algorithms that align
 * features or the gradients of that layer. The model itself runs, as it is, so nothing is computed twice or otherwise.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel, layers } from "@tensorflow/tfjs-layers";
import { logitsOf } from "./binary-loss.js";

type Layer = layers.Layer;

/** What one forward gave; the tensors are the caller's. */
export interface TrainingForward {
  /** The model's output. */
  readonly logits: tf.Tensor;
  /** What its last layer took, of shape [batch, features], where that is a dense one that gives the logits. */
  readonly features?: tf.Tensor;
}

/** The dense layer without activation that gives the model's output, also where a nested model holds it. */
function logitLayer(model: LayersModel): Layer | undefined {
  let layer: Layer | undefined = model;
  while (layer !== undefined && "outputs" in layer) {
    layer = (layer as LayersModel).outputs[0]?.sourceLayer;
  }
  return layer?.getClassName() === "Dense" && layer.getConfig().activation === "linear" ? layer : undefined;
}

/**
 * Runs the model on images with batch statistics and dropout.
 *
 * @param model - Takes NHWC images.
 * @param images - NHWC float32.
 * @throws {@link LogitShapeError} if the model has several outputs.
 */
export function trainingForward(model: LayersModel, images: tf.Tensor4D): TrainingForward {
  const layer = logitLayer(model);
  if (layer === undefined) return { logits: logitsOf(model, images, true) };
  let taken: tf.Tensor | undefined;
  layer.setCallHook((inputs) => {
    taken?.dispose();
    taken = tf.keep(tf.clone(Array.isArray(inputs) ? inputs[0]! : inputs)); // the model's own scope frees its input
  });
  try {
    const logits = logitsOf(model, images, true);
    return taken?.rank === 2 ? { logits, features: tf.clone(taken) } : { logits };
  } finally {
    layer.clearCallHook();
    taken?.dispose();
  }
}
