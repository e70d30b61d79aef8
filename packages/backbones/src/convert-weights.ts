/**
 * Turns named arrays in another framework's names and layout into a backbone's own: what a PyTorch `state_dict` or a
 * Keras weight file of the same network holds, ready to be loaded. Strict: every weight has to be there, in its shape,
 * and nothing else. Boundaries: reading files is the weights package's work, assigning to a model the training's.
 */
import { type NamedArray, type NamedArrays, toFloat32 } from "@roga/weights";
import type { Backbone, WeightLayout } from "./backbone.js";
import { WeightConversionError } from "./errors.js";
import type { WeightSource } from "./weight-names.js";

/**
 * @param backbone the network; its variant has to follow the code that the arrays come from
 * @param arrays weights by the names in `backbone.weightNames`; PyTorch's `num_batches_tracked` counters, which no
 *   computation reads, may be among them
 * @param source which framework's names and layout they have
 * @returns float32 arrays by our names, in our layout
 * @throws WeightConversionError listing every weight that is missing, misshapen or not the network's
 */
export function convertWeights(backbone: Backbone, arrays: NamedArrays, source: WeightSource): NamedArrays {
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

function pytorchShape(shape: readonly number[], { kind }: WeightLayout): readonly number[] {
  if (kind === "vector") return shape;
  if (kind === "conv2d") return [shape[3]!, shape[2]!, shape[0]!, shape[1]!];
  return [shape[1]!, shape[0]!];
}

/** The values in our order. Every layout is a permutation of PyTorch's dimensions, a flattened image taken apart. */
function fromPyTorch(values: Float32Array, shape: readonly number[], layout: WeightLayout): Float32Array {
  switch (layout.kind) {
    case "vector":
      return values;
    case "conv2d":
      return permute(values, pytorchShape(shape, layout), [2, 3, 1, 0]);
    case "dense":
      return permute(values, pytorchShape(shape, layout), [1, 0]);
    case "flattened-dense":
      return permute(values, [shape[1]!, layout.channels, layout.height, layout.width], [2, 3, 1, 0]);
  }
}

/** Row-major values of `shape` with the dimensions in the order `axes`. */
function permute(values: Float32Array, shape: readonly number[], axes: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((size, length) => size * length, 1));
  const out = new Float32Array(values.length);
  let o = 0;
  const walk = (depth: number, offset: number): void => {
    if (depth === axes.length) {
      out[o++] = values[offset]!;
      return;
    }
    const axis = axes[depth]!;
    for (let i = 0; i < shape[axis]!; i++) walk(depth + 1, offset + i * strides[axis]!);
  };
  walk(0, 0);
  return out;
}
