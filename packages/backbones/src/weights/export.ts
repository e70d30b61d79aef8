/** A backbone's weights in another framework's names and layout: what `convertWeights` reads, the other way round. */
import type { NamedArray, NamedArrays } from "@roga/weights";
import type { Backbone } from "../backbone.js";
import { WeightConversionError } from "../errors.js";
import { pytorchShape, toPyTorch } from "./layout.js";
import { namings } from "./match.js";
import type { WeightSource } from "./names.js";
import { untouched } from "./unused.js";

/** How names are written. */
export interface ExportOptions {
  /** What to put before each name, such as DeepfakeBench's `"backbone."`; nothing by default. */
  readonly prefix?: string;
}

/**
 * The weights as they are now, as copies. For PyTorch, with what its strict loading asks for besides: the counters
 * `num_batches_tracked`, 0, and `backbone.unusedWeights` with values that do nothing.
 *
 * @param backbone the network
 * @param source whose names and layout to write; the variant has to follow that code
 * @param options how names are written
 * @returns float32 arrays, and int64 counters, by name
 * @throws WeightConversionError when the variant does not follow that code
 */
export function exportWeights(
  backbone: Backbone,
  source: WeightSource,
  { prefix = "" }: ExportOptions = {},
): NamedArrays {
  const [naming] = namings(backbone, source);
  if (naming === undefined) {
    throw new WeightConversionError(`${backbone.name}: the variant "${backbone.variant}" has no ${source} weights`);
  }
  const arrays = new Map<string, NamedArray>();
  const add = (name: string, shape: readonly number[], data: Float32Array) => {
    arrays.set(`${prefix}${name}`, { dtype: "F32", shape, data });
    if (source !== "pytorch" || !name.endsWith(".running_var")) return;
    const counter = name.replace("running_var", "num_batches_tracked");
    arrays.set(`${prefix}${counter}`, { dtype: "I64", shape: [], data: BigInt64Array.of(0n) });
  };
  const values = new Map(backbone.model.weights.map((weight) => [weight.originalName, weight.read()]));
  for (const { ours, layout } of backbone.weightNames) {
    const tensor = values.get(ours)!;
    const data = tensor.dataSync() as Float32Array;
    const name = naming.theirs.get(ours)!;
    if (source === "pytorch") {
      const theirs = toPyTorch(data, tensor.shape, layout);
      add(name, pytorchShape(tensor.shape, layout), theirs === data ? data.slice() : theirs);
    } else add(name, tensor.shape, data.slice());
  }
  if (source === "pytorch") {
    for (const [name, shape] of Object.entries(backbone.unusedWeights)) {
      const size = shape.reduce((product, length) => product * length, 1);
      add(name, shape, new Float32Array(size).fill(untouched(name.split(".").at(-1))));
    }
  }
  return arrays;
}
