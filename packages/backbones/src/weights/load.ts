/** Loads a weight file's arrays into a backbone. */
import type { NamedArrays } from "@roga/weights";
import * as tf from "@tensorflow/tfjs-core";
import type { Backbone } from "../backbone.js";
import { type ConversionOptions, convertWeights } from "./convert.js";
import { bestNaming, namings, stripPrefixes } from "./match.js";
import type { WeightSource } from "./names.js";
import type { WeightReport } from "./report.js";

/** How to load. */
export interface LoadOptions extends ConversionOptions {
  /** Whose names and layout the arrays have; by default that of which most names are there. */
  readonly source?: WeightSource;
}

/**
 * Assigns the arrays to the backbone's weights, all of them or, where it throws, none.
 *
 * @param backbone the network, whose variant follows the code that the arrays come from
 * @param arrays what a file holds
 * @param options what may differ, and whose names they are
 * @returns what became of the arrays
 * @throws WeightConversionError as {@link convertWeights}
 */
export function loadWeights(
  backbone: Backbone,
  arrays: NamedArrays,
  { source = sourceOf(backbone, arrays), ...options }: LoadOptions = {},
): WeightReport {
  const { weights, report } = convertWeights(backbone, arrays, source, options);
  for (const weight of backbone.model.weights) {
    const array = weights.get(weight.originalName);
    if (array === undefined) continue;
    tf.tidy(() => void weight.write(tf.tensor(array.data as Float32Array, array.shape as number[], "float32")));
  }
  return report;
}

function sourceOf(backbone: Backbone, arrays: NamedArrays): WeightSource {
  const candidates = (["pytorch", "keras", "roga"] as const).flatMap((source) => namings(backbone, source));
  const known = new Set(candidates.flatMap(({ theirs }) => [...theirs.values()]));
  return bestNaming(candidates, stripPrefixes(arrays, known).names).source;
}
