/** Names of tensors on their way from one file to another: a prefix taken off, single names changed. */

import type { TensorInfo, TensorSource } from "@roga/weights";
import { printable } from "../output/printable.js";

/** What changes. */
export interface Renaming {
  /** Taken off the names that start with it; some have to. */
  readonly prefix?: string | undefined;
  /** New names by old ones, after the prefix is off; each has to be there. */
  readonly names: ReadonlyMap<string, string>;
}

/** The tensors under their new names; each is still read when it is asked for. */
export function renamed(source: TensorSource, { prefix = "", names }: Renaming): TensorSource {
  if (prefix === "" && names.size === 0) return source;
  const oldNames = new Map<string, string>();
  const infos = new Map<string, TensorInfo>();
  const missing = new Set(names.keys());
  let stripped = 0;
  for (const [old, info] of source.infos) {
    const starts = old.startsWith(prefix);
    if (starts) stripped++;
    const short = starts ? old.slice(prefix.length) : old;
    missing.delete(short);
    const name = names.get(short) ?? short;
    const other = oldNames.get(name);
    if (other !== undefined) {
      throw new Error(printable(`both "${other}" and "${old}" would be called "${name}"`));
    }
    oldNames.set(name, old);
    infos.set(name, info);
  }
  if (stripped === 0) throw new Error(`--strip-prefix: no tensor's name starts with "${prefix}"`);
  for (const name of missing) throw new Error(`--rename: there is no tensor "${name}"`);
  return { infos, tensor: (name) => source.tensor(oldNames.get(name)!) };
}
