/**
 * Turns named arrays in another framework's names and layout into a backbone's own: what a PyTorch `state_dict` or a
 * Keras weight file of the same network holds, ready to be loaded. Strict: every weight has to be there, in its shape,
 * and nothing else, unless the caller names it. Boundaries: reading files is the weights package's work.
 */
import { type NamedArray, type NamedArrays, toFloat32 } from "@roga/weights";
import type { Backbone, WeightName } from "../backbone.js";
import { WeightConversionError } from "../errors.js";
import { otherForm, otherNetwork } from "./hint.js";
import { fromPyTorch, pytorchShape } from "./layout.js";
import { bestNaming, matches, namings, stripPrefixes } from "./match.js";
import { checkMetadata, type WeightMetadata } from "./metadata.js";
import type { WeightSource } from "./names.js";
import { differences, type ReshapedWeight, type WeightReport } from "./report.js";
import { holdsSomething } from "./unused.js";

/** What may differ between a file and the network. */
export interface ConversionOptions {
  /**
   * Weights, by our names, that keep their values whatever the file has for them: `["logits/*"]` for a head with another
   * number of classes. A `*` at the end stands for any ending.
   */
  readonly keep?: readonly string[];
  /** Arrays of the file, by their names with or without prefixes, that are left out; `*` likewise. */
  readonly ignore?: readonly string[];
  /** Texts that the file has beside its arrays; where they say of which network it is, it has to be this one. */
  readonly metadata?: WeightMetadata;
}

/** Converted weights, and what became of the file's arrays. */
export interface ConvertedWeights {
  /** float32 arrays by our names, in our layout. */
  readonly weights: NamedArrays;
  /** What became of each array. */
  readonly report: WeightReport;
}

/**
 * @param backbone the network; its variant has to follow the code that the arrays come from
 * @param arrays weights by the names in `backbone.weightNames` or their aliases; prefixes of `wrapperPrefixes` are taken
 *   off. PyTorch's `num_batches_tracked` counters, which no computation reads, may be among them, and so may
 *   `backbone.unusedWeights`.
 * @param source whose names and layout they have: `"pytorch"`, `"keras"`, or `"roga"` for our own
 * @param options what may differ
 * @throws WeightConversionError listing every weight that is missing, misshapen or not the network's, with the
 *   architecture and variant that the names look like where they are others'; its `report` has all of them. Also where
 *   the metadata contradict
 */
export function convertWeights(
  backbone: Backbone,
  arrays: NamedArrays,
  source: WeightSource,
  { keep = [], ignore = [], metadata = {} }: ConversionOptions = {},
): ConvertedWeights {
  const title = `${backbone.name} (${backbone.variant})`;
  checkMetadata(backbone, metadata);
  const candidates = namings(backbone, source);
  if (candidates.length === 0) {
    const hint = otherNetwork(backbone, arrays);
    throw new WeightConversionError(
      `${backbone.name}: the variant "${backbone.variant}" has no ${source} weights${hint}`,
    );
  }
  for (const pattern of keep) {
    if (backbone.weightNames.some(({ ours }) => matches(ours, [pattern]))) continue;
    throw new WeightConversionError(`${title}: keep: no weight of it is called ${JSON.stringify(pattern)}`);
  }
  const known = new Set(candidates.flatMap(({ theirs }) => [...theirs.values()]));
  const { names, prefixes, duplicates } = stripPrefixes(arrays, known);
  const { theirs } = bestNaming(candidates, names);

  const weights = new Map<string, NamedArray>();
  const kept: string[] = [];
  const squeezed: string[] = [];
  const missing: string[] = [];
  const reshaped: ReshapedWeight[] = [];
  const shapes = new Map(backbone.model.weights.map(({ originalName, shape }) => [originalName, shape as number[]]));
  for (const weight of backbone.weightNames) {
    const name = theirs.get(weight.ours)!;
    const full = names.get(name);
    if (matches(weight.ours, keep)) {
      kept.push(weight.ours);
    } else if (full === undefined) {
      missing.push(name);
    } else {
      const array = arrays.get(full)!;
      const shape = shapes.get(weight.ours)!;
      const expected = source === "pytorch" ? pytorchShape(shape, weight.layout) : shape;
      const [has, needs] = [trimmed(array.shape), trimmed(expected)];
      if (has !== needs) {
        reshaped.push({ name, shape: array.shape, expected });
      } else {
        if (array.shape.length !== expected.length) squeezed.push(name);
        weights.set(weight.ours, converted(array, shape, weight, source));
      }
    }
  }
  const rest = restOf(backbone, arrays, [...names], new Set(theirs.values()), ignore);
  const report: WeightReport = {
    source,
    taken: weights.size,
    prefixes,
    squeezed,
    kept,
    ...rest,
    missing,
    unexpected: [...rest.unexpected, ...duplicates],
    reshaped,
  };
  const wrong = differences(report);
  if (wrong === undefined) return { weights, report };
  const named = missing.length > 0 || report.unexpected.length > 0;
  const head = reshaped.find(({ name }) => name === theirs.get("logits/kernel"));
  const hint = (named ? otherNetwork(backbone, arrays) : "") || otherForm(backbone, report, head);
  throw new WeightConversionError(`${title}: ${wrong}${hint}`, report);
}

/** A shape without the ones at its end: PyTorch files have a pointwise kernel as `[out, in, 1, 1]` or `[out, in]`. */
function trimmed(shape: readonly number[]): string {
  let { length } = shape;
  while (length > 1 && shape[length - 1] === 1) length--;
  return shape.slice(0, length).join();
}

function converted(array: NamedArray, shape: number[], { layout }: WeightName, source: WeightSource): NamedArray {
  const values = toFloat32(array);
  return { dtype: "F32", shape, data: source === "pytorch" ? fromPyTorch(values, shape, layout) : values };
}

/** The file's other arrays, sorted. */
function restOf(
  backbone: Backbone,
  arrays: NamedArrays,
  names: readonly (readonly [name: string, full: string])[],
  known: ReadonlySet<string>,
  ignore: readonly string[],
) {
  const unused: string[] = [];
  const lost: string[] = [];
  const ignored: string[] = [];
  const unexpected: string[] = [];
  for (const [name, full] of names) {
    if (known.has(name)) continue;
    if (name.endsWith(".num_batches_tracked")) unused.push(name);
    else if (Object.hasOwn(backbone.unusedWeights, name)) {
      unused.push(name);
      if (holdsSomething(name, arrays.get(full)!, backbone)) lost.push(name);
    } else if (matches(name, ignore) || matches(full, ignore)) ignored.push(full);
    else unexpected.push(full);
  }
  return { unused, lost, ignored, unexpected };
}
