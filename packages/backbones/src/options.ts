/** Build options with their defaults filled in, each checked against what the architecture takes. */
import type { BackboneDescription, BuildOptions, ResolvedOptions } from "./backbone.js";
import { BackboneOptionError } from "./errors.js";

export function resolveOptions(definition: BackboneDescription, options: BuildOptions): ResolvedOptions {
  const { name, variants, inputSize: range } = definition;
  const { inputSize = range.default, classes = 1, variant = variants[0]!, seed = 0 } = options;
  const { dropout = definition.dropout, stochasticDepth = definition.stochasticDepth ?? 0 } = options;
  const { adjustChannel = false, initialWeights = "drawn" } = options;
  const require = (holds: boolean, option: string, expected: string, got: unknown): void => {
    if (!holds) throw new BackboneOptionError(`${name}.${option}: expected ${expected}, got ${JSON.stringify(got)}`);
  };
  const isRate = (rate: number) => rate >= 0 && rate < 1;
  const sized = Number.isInteger(inputSize) && inputSize >= range.min && inputSize <= range.max;
  require(sized, "inputSize", `an integer from ${range.min} to ${range.max}`, inputSize);
  require(Number.isSafeInteger(classes) && classes >= 1, "classes", "an integer of at least 1", classes);
  require(variants.includes(variant), "variant", `one of ${variants.join(", ")}`, variant);
  require(isRate(dropout), "dropout", "a number of at least 0 and below 1", dropout);
  if (definition.stochasticDepth === undefined) {
    require(stochasticDepth === 0, "stochasticDepth", "0, for it has no stochastic depth", stochasticDepth);
  }
  require(isRate(stochasticDepth), "stochasticDepth", "a number of at least 0 and below 1", stochasticDepth);
  const adjustable = definition.adjustChannel?.includes(variant) ?? false;
  const only = adjustable ? "true or false" : `false, for variant "${variant}" has no such form`;
  require(adjustChannel === false || (adjustable && adjustChannel === true), "adjustChannel", only, adjustChannel);
  require(Number.isSafeInteger(seed), "seed", "a safe integer", seed);
  const drawn = initialWeights === "drawn" || initialWeights === "zeros";
  require(drawn, "initialWeights", '"drawn" or "zeros"', initialWeights);
  return { inputSize, classes, variant, dropout, stochasticDepth, adjustChannel, seed, initialWeights };
}
