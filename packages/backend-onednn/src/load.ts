/**
 * Finds and loads the native addon: the one that the user names, else the prebuilt package for this platform, else a
 * local build. Each is a folder with one addon for every level of instructions, and beside them `cpu.node`, which runs on
 * any processor and says what this one has: so nothing is loaded that the processor cannot execute.
 */
import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Addon, INTERFACE } from "./addon.js";
import { AddonError } from "./errors.js";
import { levelsOf, platformTag } from "./platform.js";

/** An addon that was loaded. */
export interface LoadedAddon {
  addon: Addon;
  path: string;
}

/** What the loader sees of the world; tests give their own. */
export interface Surroundings {
  /** See `platformTag`. */
  tag: string;
  /** The family of processors, as `process.arch`. */
  arch: string;
  /** Folder of this package. */
  packageRoot: string;
  /** The folder of an installed package, `undefined` where there is none. */
  findPackage(name: string): string | undefined;
  /** Loads a native module. */
  load(path: string): unknown;
}

const nodeRequire = createRequire(import.meta.url);

function realSurroundings(): Surroundings {
  return {
    tag: platformTag(),
    arch: process.arch,
    packageRoot: dirname(dirname(fileURLToPath(import.meta.url))),
    findPackage(name) {
      try {
        return dirname(nodeRequire.resolve(`${name}/package.json`));
      } catch {
        return undefined;
      }
    },
    load: (path) => nodeRequire(path),
  };
}

/**
 * @param wanted `addon`: a file or folder to use and no other; `level`: the level to use and no other
 * @throws AddonError when none can be used, with everything that was tried
 */
export function findAddon(
  wanted: { addon?: string | undefined; level?: string | undefined } = {},
  surroundings: Surroundings = realSurroundings(),
): LoadedAddon {
  const { tag, arch, packageRoot, findPackage, load } = surroundings;
  const known = levelsOf(arch);
  const attempts: string[] = [];
  if (wanted.level !== undefined && !known.includes(wanted.level)) {
    const reason = `The level of instructions must be one of ${known.join(", ") || "none"} on ${arch}, got ${wanted.level}.`;
    throw new AddonError(reason, [], "Leave it out to use the best that the processor has.");
  }

  const fileOrFolder = wanted.addon === undefined ? undefined : resolve(wanted.addon);
  if (fileOrFolder !== undefined && existsSync(fileOrFolder) && statSync(fileOrFolder).isFile()) {
    const level = /-(v\d|base)\b/.exec(basename(fileOrFolder))?.[1];
    const probe = join(dirname(fileOrFolder), "cpu.node");
    const levels = level !== undefined && existsSync(probe) ? runnable(probe) : undefined;
    if (level !== undefined && levels !== undefined && !levels.includes(level)) {
      attempts.push(`${fileOrFolder}: ${beyond(level, levels)}`);
    } else {
      const addon = tryLoad(fileOrFolder);
      if (addon !== undefined) return { addon, path: fileOrFolder };
    }
  } else {
    for (const { name, folder } of fileOrFolder === undefined ? usualFolders() : [{ name: "", folder: fileOrFolder }]) {
      const loaded = fromFolder(name, folder);
      if (loaded !== undefined) return loaded;
    }
  }
  throw new AddonError(`The native engine cannot be used: no addon for ${tag} could be loaded.`, attempts, remedy());

  function usualFolders() {
    const prebuilt = `@roga/backend-onednn-${tag}`;
    const folder = findPackage(prebuilt);
    if (folder === undefined) attempts.push(`the package ${prebuilt}: not installed`);
    const local = join(packageRoot, "build", tag);
    return [...(folder === undefined ? [] : [{ name: "", folder }]), { name: "a local build, ", folder: local }];
  }

  function fromFolder(name: string, folder: string): LoadedAddon | undefined {
    const present = known.filter((level) => existsSync(join(folder, `onednn-${level}.node`)));
    if (present.length === 0) {
      attempts.push(`${name}${folder}: ${existsSync(folder) ? "there is no addon in it" : "there is no such folder"}`);
      return undefined;
    }
    const levels = runnable(join(folder, "cpu.node"));
    if (levels === undefined) return undefined;
    if (wanted.level !== undefined && !levels.includes(wanted.level)) {
      attempts.push(`${name}${folder}: ${beyond(wanted.level, levels)}`);
      return undefined;
    }
    const usable = present.filter((level) => levels.includes(level) && level === (wanted.level ?? level));
    if (usable.length === 0) {
      const needed =
        wanted.level === undefined ? `the processor has ${levels[0] ?? "less than any level"}` : "another is asked for";
      attempts.push(`${name}${folder}: has the levels ${present.join(", ")}, ${needed}`);
    }
    for (const level of usable) {
      const path = join(folder, `onednn-${level}.node`);
      const addon = tryLoad(path);
      if (addon !== undefined) return { addon, path };
    }
    return undefined;
  }

  /** The levels that this processor has, best first. */
  function runnable(probe: string): readonly string[] | undefined {
    try {
      const { level } = load(probe) as { level: string };
      const best = known.indexOf(level);
      return best < 0 ? [] : known.slice(best);
    } catch (error) {
      attempts.push(`${probe}: ${firstLine(error)}`);
      return undefined;
    }
  }

  function tryLoad(path: string): Addon | undefined {
    try {
      const addon = load(path) as Addon;
      if (addon.interface === INTERFACE) return addon;
      attempts.push(
        `${path}: was built for interface ${addon.interface}, this version of the package has ${INTERFACE}`,
      );
    } catch (error) {
      attempts.push(`${path}: ${firstLine(error)}`);
    }
    return undefined;
  }
}

function beyond(level: string, levels: readonly string[]): string {
  return `the level ${level} is asked for, but this processor has ${levels[0] ?? "less than any level"}`;
}

function remedy(): string {
  return [
    "To build it here: install a C++ compiler and oneDNN (Debian, Ubuntu: apt-get install g++ libdnnl-dev), then run",
    "  npx roga-onednn-build",
    "which names what is missing, on other systems too. npm leaves prebuilt packages out with --omit=optional, and where",
    "package-lock.json was made on another platform: remove node_modules and package-lock.json, and install again.",
  ].join("\n");
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0]!.trim();
}

/** The addon that the environment asks for, else the best that there is. */
export function loadAddon(): Addon {
  const { ROGA_ONEDNN_ADDON: addon, ROGA_ONEDNN_LEVEL: level } = process.env;
  return findAddon({ addon: addon || undefined, level: level || undefined }).addon;
}
