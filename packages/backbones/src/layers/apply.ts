/** Applies layers to symbolic tensors. */
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";

/** Any layer; the library does not export its class. */
export type Layer = LayersModel["layers"][number];

/** The output of a layer for one or several inputs. */
export function apply(layer: Layer, ...inputs: SymbolicTensor[]): SymbolicTensor {
  return layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as SymbolicTensor;
}
