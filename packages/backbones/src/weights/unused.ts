/**
 * What a file holds besides a network's weights: arrays that published files have and the network has no use for, and whether
 * leaving them out loses anything.
 */
import { type NamedArray, toFloat32 } from "@roga/weights";
import type { Backbone } from "../backbone.js";

/** Whether leaving an array of `backbone.unusedWeights` out loses values that something was trained or measured to have. */
export function holdsSomething(name: string, array: NamedArray, { preprocessing }: Backbone): boolean {
  const [, kind] = /[./]([^./]+)$/.exec(name) ?? [];
  const { mean, std } = preprocessing;
  switch (kind) {
    // Keras' scaling of images is the network's preprocessing, or would be lost. ImageNet's files have the deviation for
    // the variance, which they make up for in a layer without weights.
    case "mean:0":
      return !isNear(array, mean);
    case "variance:0":
      return (
        !isNear(array, std) &&
        !isNear(
          array,
          std.map((deviation) => deviation ** 2),
        )
      );
    case "count:0":
      return false;
    default:
      return toFloat32(array).some((value) => value !== untouched(kind));
  }
}

/** What `exportWeights` writes for an array that the network lacks: it does nothing. */
export function untouched(kind: string | undefined): number {
  return kind === "running_var" ? 1 : 0;
}

function isNear(array: NamedArray, expected: readonly number[]): boolean {
  const values = toFloat32(array);
  return values.length === expected.length && expected.every((value, i) => Math.abs(values[i]! - value) <= 1e-3);
}
