/** The running statistics of a model's batch normalisation, wherever its layers are nested. */
import type * as tf from "@tensorflow/tfjs-core";
import type { LayersModel, layers } from "@tensorflow/tfjs-layers";
import { TrainOptionsError } from "./errors.js";

type Layer = layers.Layer;

/** Running means and variances, and how fast they move. */
export interface BatchStatistics {
  /** The variables of all layers. */
  readonly variables: readonly tf.Variable[];
  /** m in s ← m s + (1 − m) x; 0 where there are none. */
  readonly momentum: number;
}

function normalizations(layer: Layer): Layer[] {
  if ("layers" in layer) return (layer as LayersModel).layers.flatMap(normalizations);
  return layer.getClassName() === "BatchNormalization" ? [layer] : [];
}

/**
 * The running statistics of all batch normalisation layers of a model.
 *
 * @throws TrainOptionsError if layers differ in their momentum
 */
export function batchStatistics(model: LayersModel): BatchStatistics {
  const found = [...new Set(normalizations(model))];
  const momenta = new Set(found.map((layer) => layer.getConfig().momentum as number));
  if (momenta.size > 1) {
    const detail = `expected batch normalisation layers of one momentum, got ${[...momenta].join(", ")}`;
    throw new TrainOptionsError("model", detail);
  }
  const statistics = found.flatMap((layer) =>
    layer.weights.filter(({ originalName }) => /(^|\/)moving_(mean|variance)$/.test(originalName)),
  );
  const [momentum = 0] = momenta;
  // `read()` gives the variable itself, typed as the tensor that it is, too.
  return { variables: statistics.map((weight) => weight.read() as tf.Variable), momentum };
}
