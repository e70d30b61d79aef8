/** Where addons are, what they are called, and the levels of instructions that they are compiled for. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** Compiler flags of each level, best first. A level's name is part of its file's name. */
const levels = {
  x64: { v4: ["-march=x86-64-v4", "-mprefer-vector-width=512"], v3: ["-march=x86-64-v3"], v2: ["-march=x86-64-v2"] },
  arm64: { base: [] },
};

/** @returns {Record<string, string[]> | undefined} levels of this machine's family, best first */
export const levelsHere = () => levels[process.arch];

/** Linux has two C libraries, whose binaries do not mix: musl's have it in their name. */
export function platformTag() {
  const musl = process.platform === "linux" && process.report.getReport().header.glibcVersionRuntime === undefined;
  return `${process.platform}-${process.arch}${musl ? "-musl" : ""}`;
}

/** Where a local build goes, and the loader looks for it. */
export const localFolder = () => join(packageRoot, "build", platformTag());

/**
 * @param {string} probe path of the built `cpu.node`
 * @returns {string[]} the levels that this machine can run, best first; none where it has less than any
 */
export function levelsThatRun(probe) {
  const names = Object.keys(levelsHere() ?? {});
  const best = names.indexOf(createRequire(import.meta.url)(probe).level);
  return best < 0 ? [] : names.slice(best);
}
