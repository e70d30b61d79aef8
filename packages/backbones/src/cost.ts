/** Counts a network's parameters and multiply-accumulates from its layers' shapes. */
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Cost } from "./backbone.js";

/**
 * @param model a network of one input; convolutions and dense layers are counted once for each use, everything else
 *   (pooling, normalization, activations) as free
 */
export function cost(model: LayersModel): Cost {
  return {
    trainableParameters: valuesIn(model.trainableWeights),
    nonTrainableParameters: valuesIn(model.nonTrainableWeights),
    macs: model.layers.reduce((sum, layer) => sum + layerMacs(layer), 0),
  };
}

function valuesIn(weights: { shape: (number | null)[] }[]): number {
  return weights.reduce((sum, { shape }) => sum + product(shape), 0);
}

function layerMacs(layer: LayersModel["layers"][number]): number {
  const names = ["kernel", "depthwise_kernel"].map((weight) => `${layer.name}/${weight}`);
  const kernel = layer.weights.find(({ originalName }) => names.includes(originalName));
  if (kernel === undefined) return 0;
  // Every position of the output (all but its batch and channels) uses the whole kernel once.
  const shapes = layer.inboundNodes.flatMap(({ outputShapes }) => outputShapes as number[][]);
  const uses = shapes.reduce((sum, shape) => sum + product(shape.slice(1, -1)), 0);
  return uses * product(kernel.shape);
}

function product(shape: (number | null)[]): number {
  return shape.reduce<number>((size, length) => size * length!, 1);
}
