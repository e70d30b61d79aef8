/**
 * Finds which array of a weight file is which weight of a network: takes off the prefixes that wrappers put before names,
 * and chooses between the names that different releases of a network have.
 */
import type { Backbone } from "../backbone.js";
import type { WeightSource } from "./names.js";

/** Beginnings of names that say how a network was wrapped, not what it is; with who puts them there. */
export const wrapperPrefixes: Readonly<Record<string, string>> = {
  "module.": "PyTorch's DataParallel and DistributedDataParallel",
  "_orig_mod.": "torch.compile",
  "backbone.": "DeepfakeBench's detectors",
  "model.": "PyTorch Lightning and many training scripts",
  "net.": "many training scripts",
  "network.": "many training scripts",
  "state_dict.": "checkpoints that were flattened",
  "model_state_dict.": "checkpoints that were flattened",
  "model_weights/": "Keras' HDF5 files of whole models",
};

/** Names of our weights elsewhere, in one release's spelling. */
export interface Naming {
  readonly source: WeightSource;
  /** Name in the file by ours. */
  readonly theirs: ReadonlyMap<string, string>;
}

/** All spellings in which a network's weights come from a source; none where the variant does not follow that code. */
export function namings({ weightNames }: Backbone, source: WeightSource): Naming[] {
  if (source === "roga") return [{ source, theirs: new Map(weightNames.map(({ ours }) => [ours, ours])) }];
  if (weightNames.some((name) => name[source] === null)) return [];
  const releases = weightNames[0]!.aliases[source].length;
  return Array.from({ length: releases + 1 }, (_, release) => ({
    source,
    theirs: new Map(
      weightNames.map(({ ours, aliases, [source]: primary }) => {
        const alias = release === 0 ? null : aliases[source][release - 1];
        return [ours, alias ?? primary!];
      }),
    ),
  }));
}

/** A file's arrays by names without prefixes. */
export interface Stripped {
  /** Name in the file by the name without prefixes. */
  readonly names: ReadonlyMap<string, string>;
  /** How often each prefix was taken off. */
  readonly prefixes: Readonly<Record<string, number>>;
  /** Names that are the same without their prefixes as another that is already there. */
  readonly duplicates: readonly string[];
}

/** More than wrappers ever nest; names can be long. */
const MOST_PREFIXES = 8;

/** @param known names that stay as they are, whatever they begin with */
export function stripPrefixes(arrays: ReadonlyMap<string, unknown>, known: ReadonlySet<string>): Stripped {
  const names = new Map<string, string>();
  const prefixes: Record<string, number> = {};
  const duplicates: string[] = [];
  for (const full of arrays.keys()) {
    let name = full;
    for (let count = 0; count < MOST_PREFIXES && !known.has(name); count++) {
      const prefix = prefixOf(name);
      if (prefix === undefined) break;
      name = name.slice(prefix.length);
      prefixes[prefix] = (prefixes[prefix] ?? 0) + 1;
    }
    if (names.has(name)) duplicates.push(full);
    else names.set(name, full);
  }
  return { names, prefixes, duplicates };
}

function prefixOf(name: string): string | undefined {
  const wrapper = Object.keys(wrapperPrefixes).find((prefix) => name.startsWith(prefix));
  if (wrapper !== undefined) return wrapper;
  // Keras' HDF5 files put the group of a layer before weights whose names begin with that layer.
  const [layer, second, rest] = name.split("/", 3);
  return layer === second && rest !== undefined ? `${layer}/` : undefined;
}

/** The naming that has the most of the file's names, the first of these. */
export function bestNaming(candidates: readonly Naming[], names: ReadonlyMap<string, string>): Naming {
  const hits = candidates.map(({ theirs }) => [...theirs.values()].filter((name) => names.has(name)).length);
  return candidates[hits.indexOf(Math.max(...hits))]!;
}

/** Whether a name is one of the patterns, or begins with one that ends in `*`. */
export function matches(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
}
