/** Weights that training starts from: those of a file, where the configuration names one. */
import { type Backbone, loadWeights, WeightConversionError } from "@roga/backbones";
import { WeightsError } from "@roga/weights";
import { ConfigError } from "../config/load.js";
import type { Config } from "../config/schema.js";
import { printable } from "../output/printable.js";
import { readWeightFile } from "../weights/read.js";

/**
 * Loads `model.weights` into a backbone; where that is null, its weights stay as drawn.
 *
 * @throws ConfigError naming the option and the file, when that cannot be read or is not of this network
 */
export async function loadInitialWeights(backbone: Backbone, { model }: Config): Promise<void> {
  if (model.weights === null) return;
  try {
    const { arrays, metadata } = await readWeightFile(model.weights);
    loadWeights(backbone, arrays, { keep: model.keepHead ? ["logits/*"] : [], metadata });
  } catch (error) {
    const known = error instanceof WeightsError || error instanceof WeightConversionError;
    if (!known && !(error instanceof Error && "code" in error)) throw error;
    throw new ConfigError(`model.weights: ${model.weights}: ${printable(error.message)}`);
  }
}
