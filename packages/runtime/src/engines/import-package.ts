/**
 * Imports a package that may not be installed: from the user's project first, since that is where an optional engine is
 * installed, then from the program that runs, which may depend on one, then from where this package itself stands.
 */
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** How an import went; of what the package threw while it was loading, `error` is the first line, `details` the rest. */
export type ImportOutcome =
  | { found: false }
  | { found: true; module: unknown }
  | { found: true; error: string; details: string };

export async function importPackage(name: string, projectDir: string): Promise<ImportOutcome> {
  const path = [join(resolve(projectDir), "package.json"), ...program(), import.meta.url]
    .map((from) => resolveFrom(name, from))
    .find((found) => found !== undefined);
  if (path === undefined) return { found: false };
  try {
    return { found: true, module: await import(pathToFileURL(path).href) };
  } catch (error) {
    return { found: true, ...linesOf(error) };
  }
}

/** The file of the program, itself and not the link by which npm put it among the commands. */
function program(): string[] {
  try {
    return process.argv[1] === undefined ? [] : [realpathSync(process.argv[1])];
  } catch {
    return [];
  }
}

function resolveFrom(name: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** What was thrown, as its message's first line and the rest. */
export function linesOf(thrown: unknown): { error: string; details: string } {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const [first, ...others] = message.split("\n");
  return { error: first!.trim().replace(/[.:]$/, ""), details: others.join("\n").trim() };
}
