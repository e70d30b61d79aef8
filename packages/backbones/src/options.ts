/** Build options with their defaults filled in, each checked against what the architecture takes. */
import type { BackboneDefinition, BuildOptions } from "./backbone.js";
import { BackboneOptionError } from "./errors.js";

export function resolveOptions(
  { name, variants, inputSize: range, dropout: published }: Omit<BackboneDefinition, "build">,
  { inputSize = range.default, classes = 1, variant = variants[0]!, dropout = published, seed = 0 }: BuildOptions,
): Required<BuildOptions> {
  const require = (holds: boolean, option: string, expected: string, got: unknown): void => {
    if (!holds) throw new BackboneOptionError(`${name}.${option}: expected ${expected}, got ${JSON.stringify(got)}`);
  };
  const sized = Number.isInteger(inputSize) && inputSize >= range.min && inputSize <= range.max;
  require(sized, "inputSize", `an integer from ${range.min} to ${range.max}`, inputSize);
  require(Number.isSafeInteger(classes) && classes >= 1, "classes", "an integer of at least 1", classes);
  require(variants.includes(variant), "variant", `one of ${variants.join(", ")}`, variant);
  require(dropout >= 0 && dropout < 1, "dropout", "a number of at least 0 and below 1", dropout);
  require(Number.isSafeInteger(seed), "seed", "a safe integer", seed);
  return { inputSize, classes, variant, dropout, seed };
}
