/** Finds where, in the graph of a model, a batch normalization can compute the activation of the layer after it. */
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Activation } from "../kernels.js";
import { graphOf, onlyConsumer } from "./graph.js";
import { isPatchedNormalization, patchedActivation } from "./patches.js";
import type { Layer } from "./stock-layer.js";

/** Batch normalizations of a model, each with the activation that it takes over. */
export type Fusible = ReadonlyMap<Layer, Activation>;

/**
 * The changed batch normalizations of a model, nested models aside, whose output goes to one changed activation layer and
 * nowhere else, with that activation. Both layers must stand in the graph once, for a layer does not know which of its
 * places it is called for.
 */
export function fusibleActivations(model: LayersModel): Fusible {
  const graph = graphOf(model);
  const places = new Map<Layer, number>();
  for (const { sourceLayer } of graph.tensors) places.set(sourceLayer, (places.get(sourceLayer) ?? 0) + 1);
  const wrapped = new Set([...places.keys()].flatMap(inside));
  const alone = (layer: Layer) => places.get(layer) === 1 && !wrapped.has(layer);
  const fusible = new Map<Layer, Activation>();
  for (const tensor of graph.tensors) {
    const { sourceLayer } = tensor;
    if (!isPatchedNormalization(sourceLayer) || !alone(sourceLayer)) continue;
    const consumer = onlyConsumer(graph, tensor);
    if (consumer === undefined || !alone(consumer.sourceLayer)) continue;
    const activation = patchedActivation(consumer.sourceLayer);
    if (activation !== undefined) fusible.set(sourceLayer, activation);
  }
  return fusible;
}

/** The layer that a wrapper holds and, where that is a model, those in it. */
function inside(wrapper: Layer): Layer[] {
  const { layer } = wrapper as { readonly layer?: Layer };
  if (layer === undefined) return [];
  const { layers = [] } = layer as { readonly layers?: readonly Layer[] };
  return [layer, ...layers, ...[layer, ...layers].flatMap(inside)];
}
