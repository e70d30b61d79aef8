/** Models of stock layers, their stock clones, and what `accelerate` reports of them. */
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, loadLayersModel, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { AccelerationReport } from "../../src/layers/index.js";

type Layer = LayersModel["layers"][number];
/** A layer applied to a place in a graph. */
export const apply = (layer: Layer, x: SymbolicTensor | SymbolicTensor[]) => layer.apply(x) as SymbolicTensor;

/** Images [4, 6, 6, 3] of noise. */
export const images = (seed = 1) => tf.randomNormal([4, 6, 6, 3], 0.3, 1.5, "float32", seed);

/** Rounding in other orders, through a few layers. */
export const CLOSE = { rtol: 2e-4, atol: 2e-5 };

/** What a model is saved as. */
export async function saved(model: LayersModel): Promise<tf.io.ModelArtifacts> {
  const artifacts: tf.io.ModelArtifacts[] = [];
  await model.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts.push(given);
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(given) };
    }),
  );
  return artifacts[0]!;
}

/** A model of the same layers and weights that nothing was changed in. */
export async function stockClone(model: LayersModel): Promise<LayersModel> {
  return loadLayersModel(tf.io.fromMemory(await saved(model)));
}

/** Weights that are not those of a fresh model, so that no term of a gradient is missing by chance. */
export function unsettle(model: LayersModel): void {
  model.setWeights(
    model.getWeights().map((weight, i) => {
      const noise = tf.randomUniform(weight.shape, -0.2, 0.2, "float32", i + 1);
      return tf.add(weight, noise);
    }),
  );
}

/** A report of what is given, and nothing else. */
export function report(changed: Partial<AccelerationReport>): AccelerationReport {
  const none = { batchNormalizations: 0, swishes: 0, convolutions: 0 };
  return { ...none, fusedActivations: 0, convolutionActivations: 0, joined: 0, ...changed };
}
