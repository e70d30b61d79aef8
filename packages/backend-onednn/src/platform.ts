/**
 * Names of this machine's kind: in the names of packages and folders of addons, and the levels of instructions of its
 * family. `native/targets.mjs` has the same names for the build.
 */

/** Levels of instructions, best first: those of the x86-64 psABI, and one for all of arm64. */
const LEVELS: Record<string, readonly string[]> = { x64: ["v4", "v3", "v2"], arm64: ["base"] };

/** The levels that a processor of a family may have, best first; none where there is no addon for the family. */
export function levelsOf(arch: string): readonly string[] {
  return LEVELS[arch] ?? [];
}

/** `linux-x64`, `linux-x64-musl`, `darwin-arm64` …; the two C libraries of Linux do not mix. */
export function platformTag(
  platform: string = process.platform,
  arch: string = process.arch,
  musl = usesMusl(),
): string {
  return `${platform}-${arch}${musl ? "-musl" : ""}`;
}

function usesMusl(): boolean {
  if (process.platform !== "linux") return false;
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime === undefined;
}
