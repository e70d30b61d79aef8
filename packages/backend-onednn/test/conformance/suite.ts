/** Bundles the suite and runs it on a backend in a process of its own. */
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";

/** What became of the suite's specs; names in full. */
export interface SuiteReport {
  passed: string[];
  /** With the first message of each. */
  failed: string[];
  /** Marked by the suite itself as not to be run. */
  pending: string[];
  /** Left out by a filter. */
  excluded: string[];
  /** How often the addon was called. */
  kernelCalls: number;
}

const here = dirname(fileURLToPath(import.meta.url));
/** One folder below the package's, as its own modules are: the loader of the addon goes by that. */
const bundle = join(here, "..", "..", "test-results", "conformance.mjs");

/** Makes the bundle that `runSuite` runs. */
export async function bundleSuite(): Promise<void> {
  await build({
    entryPoints: [join(here, "entry.ts")],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@roga/source"],
    mainFields: ["module", "main"],
    // The package says that its modules have no side effects, which is untrue of its tests.
    ignoreAnnotations: true,
    banner: { js: 'import { createRequire as r } from "node:module"; globalThis.require = r(import.meta.url);' },
    external: ["jasmine-core"],
    logLevel: "error",
  });
}

/** Runs the whole suite. */
export async function runSuite(backend: "cpu" | "onednn"): Promise<SuiteReport> {
  const { stdout } = await promisify(execFile)(process.execPath, [bundle, backend], {
    maxBuffer: 2 ** 28,
    timeout: 120_000,
  });
  return JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as SuiteReport;
}
