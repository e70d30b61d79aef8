/**
 * Dropout under named random streams. A TensorFlow.js dropout layer draws from `Math.random`, or, if it has a
 * seed, the same mask at every call; neither can be resumed nor shared between the two passes of a step. Here the
 * layer's seed is set anew before each pass, from the seed of the pass and the layer's name.
 * Layers whose noise cannot be seeded (GaussianNoise, GaussianDropout, AlphaDropout) are refused.
 */
import { type StreamName, stream } from "@roga/tensor-utils/random";
import type { LayersModel } from "@tensorflow/tfjs-layers";

type Layer = LayersModel["layers"][number];

const SEEDABLE = new Set(["Dropout", "SpatialDropout1D"]);
const UNSEEDABLE = new Set(["GaussianNoise", "GaussianDropout", "AlphaDropout"]);

/** A model holds layers whose randomness cannot be reproduced. */
export class UnseedableLayerError extends Error {
  override readonly name = "UnseedableLayerError";
  /** The layers at fault, by name. */
  readonly layers: readonly string[];

  /** @param layers - The layers at fault, each as `name (class)`. */
  constructor(layers: readonly string[]) {
    super(
      `model: expected dropout to be its only random layers, because no other can be seeded; got ${layers.join(", ")}`,
    );
    this.layers = layers;
  }
}

/** Sets the random state of a model for one forward pass. */
export type Reseed = (seed: StreamName) => void;

/**
 * Finds the random layers of a model, also in nested models.
 *
 * @param model - The model to train.
 * @returns A function that makes the next training pass draw its dropout masks from `stream(seed, "dropout", layer)`.
 * @throws {@link UnseedableLayerError}
 */
export function seedStochasticLayers(model: LayersModel): Reseed {
  const all = leaves(model.layers);
  const refused = all.filter((layer) => UNSEEDABLE.has(layer.getClassName()));
  if (refused.length > 0) {
    throw new UnseedableLayerError(refused.map((layer) => `${layer.name} (${layer.getClassName()})`));
  }
  const dropouts = all.filter((layer) => SEEDABLE.has(layer.getClassName()));
  return (seed) => {
    for (const layer of dropouts) {
      // `seed` is private in the typings of the dropout layer, which reads it at every call.
      Object.assign(layer, { seed: stream(seed, "dropout", layer.name).seed32() });
    }
  };
}

function leaves(found: readonly Layer[]): Layer[] {
  return found.flatMap((layer) => ("layers" in layer ? leaves(layer.layers as Layer[]) : [layer]));
}
