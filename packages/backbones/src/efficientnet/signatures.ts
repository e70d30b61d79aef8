/**
 * By what a file of EfficientNet weights is recognised: the first and the last convolution, and the last block's. B1 has all
 * that B0 has, and more blocks, so that of B0 the lack of one is part.
 */
import type { WeightSignature } from "../backbone.js";
import type { TheirNames } from "../weights/names.js";
import { architectureOf, scales } from "./scaling.js";
import { type VariantName, variantOf } from "./variants.js";

/** The signature of each variant's files, and that of our own, which all variants share. */
export function signaturesOf(number: number, variants: readonly VariantName[]): WeightSignature[] {
  const architecture = architectureOf(scales[number]!);
  const { stem, head, blocks } = architecture;
  const { index, expanded, outputs } = blocks.at(-1)!;
  const shapes = [
    ["stem_conv", [3, 3, 3, stem]],
    [`block${index}_project_conv`, [1, 1, expanded, outputs]],
    ["head_conv", [1, 1, outputs, head]],
  ] as const;
  const own: WeightSignature = {
    variants,
    source: "roga",
    weights: Object.fromEntries(shapes.map(([layer, shape]) => [`${layer}/kernel`, shape])),
    absent: number === 0 ? [`block${blocks.length}_project_conv/kernel`] : [],
  };
  const theirs = variants.map((variant): WeightSignature => {
    const names: TheirNames = variantOf(variant, number).names(architecture);
    const source = names.keras === undefined ? "pytorch" : "keras";
    const absent = number === 0 ? [laterBlockName(variant)] : [];
    const weights = shapes.map(([layer, [height, width, inputs, filters]]) =>
      source === "keras"
        ? [`${names.keras![layer]}/kernel:0`, [height, width, inputs, filters]]
        : [`${names.pytorch![layer]}.weight`, [filters, inputs, height, width]],
    );
    return { variants: [variant], source, weights: Object.fromEntries(weights), absent };
  });
  return [...theirs, own];
}

/** A convolution of B1 that B0 lacks, by its name in a variant's files. */
function laterBlockName(variant: VariantName): string {
  const [b0, b1] = [0, 1].map((number) => {
    const { pytorch, keras } = variantOf(variant, number).names(architectureOf(scales[number]!));
    return Object.entries(pytorch ?? keras!)
      .filter(([layer]) => layer.endsWith("project_conv"))
      .map(([, theirs]) => `${theirs}${keras === undefined ? ".weight" : "/kernel:0"}`);
  }) as [string[], string[]];
  return b1.find((name) => !b0.includes(name))!;
}
