/** Programs of `test/programs`, bundled so that Node.js runs them in processes and threads of their own. */
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { vi } from "vitest";

/** Milliseconds that a program may take: most take a second or two, but under a sanitizer or on a busy machine … */
const LIMIT = 120_000;
// Tests that run programs are those of the files that import this one.
vi.setConfig({ testTimeout: LIMIT, hookTimeout: LIMIT });

const here = dirname(fileURLToPath(import.meta.url));
/** One folder below the package's, as its own modules are: the loader of the addon goes by that. */
const pathOf = (name: string) => join(here, "..", "..", "test-results", `${name}.mjs`);

/** Bundles `test/programs/<name>.ts`; TensorFlow.js stays outside. Gives the path of what Node.js runs. */
export async function bundleProgram(name: string): Promise<string> {
  await build({
    entryPoints: [join(here, "..", "programs", `${name}.ts`)],
    outfile: pathOf(name),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@roga/source"],
    external: ["@tensorflow/*"],
    logLevel: "error",
  });
  return pathOf(name);
}

/** What became of a process. */
export interface Ended {
  /** Exit status; null where a signal ended it. */
  status: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** How a program is run. */
export interface Surroundings {
  /** Variables of the environment, beside those that there are. */
  environment?: Record<string, string>;
  /** The most address space that it may use; on Linux. */
  kibibytes?: number;
}

/** Runs a bundled program to its end, whatever that is. */
export function runProgram(
  name: string,
  args: string[] = [],
  { environment = {}, kibibytes }: Surroundings = {},
): Promise<Ended> {
  const command = [process.execPath, "--expose-gc", pathOf(name), ...args];
  if (kibibytes !== undefined) command.unshift("sh", "-c", `ulimit -v ${kibibytes} && exec "$@"`, "sh");
  const [file, ...rest] = command as [string, ...string[]];
  return new Promise((done) => {
    const child = execFile(
      file,
      rest,
      { maxBuffer: 2 ** 26, timeout: LIMIT, env: { ...process.env, ...environment } },
      (_error, stdout, stderr) => done({ status: child.exitCode, signal: child.signalCode, stdout, stderr }),
    );
  });
}
