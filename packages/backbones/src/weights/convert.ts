/**
 * Turns named arrays in another framework's names and layout into a backbone's own: what a PyTorch `state_dict` or a
 * Keras weight file of the same network holds, ready to be loaded. Strict: every weight has to be there, in its shape,
 * and nothing else. Boundaries: reading files is the weights package's work, assigning to a model the training's.
 */
import { type NamedArray, type NamedArrays, toFloat32 } from "@roga/weights";
import type { Backbone } from "../backbone.js";
import { WeightConversionError } from "../errors.js";
import { fromPyTorch, pytorchShape } from "./layout.js";

/**
 * @param backbone the network; its variant has to follow the code that the arrays come from
 * @param arrays weights by the names in `backbone.weightNames`; PyTorch's `num_batches_tracked` counters, which no
 *   computation reads, may be among them
 * @param source which framework's names and layout they have
 * @returns float32 arrays by our names, in our layout
 * @throws WeightConversionError listing every weight that is missing, misshapen or not the network's
 */
export function convertWeights(backbone: Backbone, arrays: NamedArrays, source: "pytorch" | "keras"): NamedArrays {
  const shapes = new Map(backbone.model.weights.map(({ originalName, shape }) => [originalName, shape as number[]]));
  const converted = new Map<string, NamedArray>();
  const differences: string[] = [];
  const known = new Set<string>();
  for (const { ours, layout, [source]: theirs } of backbone.weightNames) {
    if (theirs === null) {
      throw new WeightConversionError(`${backbone.name}: the variant "${backbone.variant}" has no ${source} weights`);
    }
    known.add(theirs);
    const array = arrays.get(theirs);
    const shape = shapes.get(ours)!;
    const expected = source === "pytorch" ? pytorchShape(shape, layout) : shape;
    if (array === undefined) {
      differences.push(`${theirs} is missing`);
    } else if (array.shape.join() !== expected.join()) {
      differences.push(`${theirs} has shape [${array.shape}] where [${expected}] is expected`);
    } else {
      const values = toFloat32(array);
      const data = source === "pytorch" ? fromPyTorch(values, shape, layout) : values;
      converted.set(ours, { dtype: "F32", shape, data });
    }
  }
  for (const name of arrays.keys()) {
    if (!known.has(name) && !name.endsWith(".num_batches_tracked")) differences.push(`${name} is not a weight of it`);
  }
  if (differences.length > 0) {
    throw new WeightConversionError(`${backbone.name} (${backbone.variant}): ${differences.join("; ")}`);
  }
  return converted;
}
