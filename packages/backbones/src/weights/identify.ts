/** Tells which architecture a weight file is of, from the names and shapes of its arrays. */
import { backbones } from "../registry.js";
import { stripPrefixes } from "./match.js";
import type { WeightSource } from "./names.js";

/** An architecture that a file's names look like. */
export interface Identification {
  /** The architecture, as `build` takes it. */
  readonly name: string;
  /** Its variants whose weights have these names. */
  readonly variants: readonly string[];
  /** Whose names they are; "roga" for our own, which variants may share. */
  readonly source: WeightSource;
}

/**
 * The architectures whose signature a file has; none where it is of an unknown one. Prefixes of wrappers do not matter.
 *
 * @param arrays names and shapes, such as a weight file's arrays
 */
export function identify(arrays: ReadonlyMap<string, { readonly shape: readonly number[] }>): Identification[] {
  return backbones.flatMap(({ name, signatures }) =>
    signatures
      .filter(({ weights, absent = [] }) => {
        const { names } = stripPrefixes(arrays, new Set(Object.keys(weights)));
        if (absent.some((weight) => names.has(weight))) return false;
        return Object.entries(weights).every(([weight, shape]) => {
          const full = names.get(weight);
          return full !== undefined && (shape === null || arrays.get(full)!.shape.join() === shape.join());
        });
      })
      .map(({ variants, source }) => ({ name, variants, source })),
  );
}
