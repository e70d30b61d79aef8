/**
 * Finds where, in the graph of a model, an activation can be computed by the layer before it. The graph is
 * walked as the model's own execution walks it, from the outputs to the inputs.
 */
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { Activation } from "../kernels.js";
import { isPatchedLinear } from "./convolution.js";
import { isPatchedNormalization, patchedActivation } from "./patches.js";
import type { Layer } from "./stock-layer.js";

/** Batch normalizations and convolutions of a model, each with the activation that it takes over. */
export type Fusible = ReadonlyMap<Layer, Activation>;

/**
 * The changed batch normalizations of a model, and its changed convolutions without an activation of their own, nested
 * models aside, whose output goes to one changed activation layer and nowhere else, with that activation. Both layers must stand in the graph once, for a layer does not know which of
 * its places it is called for.
 */
export function fusibleActivations(model: LayersModel): Fusible {
  const tensors = reachable(model.outputs);
  const outputs = new Set(model.outputs);
  const consumers = new Map<SymbolicTensor, SymbolicTensor[]>();
  const places = new Map<Layer, number>();
  for (const tensor of tensors) {
    places.set(tensor.sourceLayer, (places.get(tensor.sourceLayer) ?? 0) + 1);
    for (const input of tensor.inputs) consumers.set(input, [...(consumers.get(input) ?? []), tensor]);
  }
  const wrapped = new Set([...places.keys()].flatMap(inside));
  const alone = (layer: Layer) => places.get(layer) === 1 && !wrapped.has(layer);
  const fusible = new Map<Layer, Activation>();
  for (const tensor of tensors) {
    const { sourceLayer } = tensor;
    if (!isPatchedNormalization(sourceLayer) && !isPatchedLinear(sourceLayer)) continue;
    if (!alone(sourceLayer) || outputs.has(tensor)) continue;
    const [consumer, ...others] = consumers.get(tensor) ?? [];
    if (consumer === undefined || others.length > 0 || !alone(consumer.sourceLayer)) continue;
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

function reachable(outputs: readonly SymbolicTensor[]): Set<SymbolicTensor> {
  const found = new Set<SymbolicTensor>();
  const open = [...outputs];
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    if (found.has(tensor)) continue;
    found.add(tensor);
    open.push(...tensor.inputs);
  }
  return found;
}
