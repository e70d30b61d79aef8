import type { Options } from "tsup";

/** The one build recipe: ESM for Node 20.19, with types and source maps. */
export function esm(...entry: string[]): Options {
  return { entry, format: "esm", target: "node20.19", dts: true, sourcemap: true, clean: true, treeshake: true };
}
