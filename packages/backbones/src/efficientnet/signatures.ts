/**
 * By what a file of EfficientNet weights is recognised: the first and the last convolution, and the last block's. B1 has B0's
 * widths and more blocks, so that of B0 and B1 the one with the later block is the better guess.
 */
import type { WeightSignature } from "../backbone.js";
import type { TheirNames } from "../weights/names.js";
import { architectureOf, scales } from "./scaling.js";
import { type VariantName, variantOf } from "./variants.js";

/** The signature of each variant's files. */
export function signaturesOf(number: number, variants: readonly VariantName[]): WeightSignature[] {
  const architecture = architectureOf(scales[number]!);
  const { stem, head, blocks } = architecture;
  const { index, expanded, outputs } = blocks.at(-1)!;
  const shapes = [
    ["stem_conv", [3, 3, 3, stem]],
    [`block${index}_project_conv`, [1, 1, expanded, outputs]],
    ["head_conv", [1, 1, outputs, head]],
  ] as const;
  return variants.map((variant) => {
    const names: TheirNames = variantOf(variant, number).names(architecture);
    const source = names.keras === undefined ? "pytorch" : "keras";
    const weights = shapes.map(([layer, [height, width, inputs, filters]]) =>
      source === "keras"
        ? [`${names.keras![layer]}/kernel:0`, [height, width, inputs, filters]]
        : [`${names.pytorch![layer]}.weight`, [filters, inputs, height, width]],
    );
    return { variants: [variant], source, weights: Object.fromEntries(weights) };
  });
}
