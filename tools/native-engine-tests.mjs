/**
 * Runs the unit tests that compute on tensors a second time, on the native engine where it is built: of each package
 * below, the files that let `useTestEngine` pick the engine. Results stand in each package's
 * `test-results/tests-onednn.json`. Ends with status 0 where the engine is not built, and says so.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { environment, root } from "./pnpm.mjs";

/** The packages whose results depend on the engine. */
export const packages = ["tensor-utils", "optimizer", "backbones", "training"];

/** Where a package's results are, from the workspace's root. */
export const resultFile = (name) => join("packages", name, "test-results", "tests-onednn.json");

/** What the engine says of itself, or why it cannot be used; asked in a process of its own, which it may end. */
function nativeEngine() {
  const url = pathToFileURL(join(root, "packages", "backend-onednn", "dist", "index.js")).href;
  const ask = `
    try {
      const { describe } = await import(${JSON.stringify(url)});
      console.log(JSON.stringify({ description: describe() }));
    } catch (error) {
      console.log(JSON.stringify({ reason: error.message.split("\\n")[0] }));
    }`;
  const { status, signal, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", ask], {
    encoding: "utf8",
  });
  return status === 0 ? JSON.parse(stdout) : { reason: `asking for it ended with ${signal ?? `status ${status}`}` };
}

/** A package's test files that pick the engine, relative to it. */
function engineTests(folder) {
  return readdirSync(join(folder, "test"), { recursive: true })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join("test", file))
    .filter((file) => readFileSync(join(folder, file), "utf8").includes("useTestEngine"));
}

function main() {
  for (const name of packages) rmSync(join(root, resultFile(name)), { force: true });
  const { description, reason } = nativeEngine();
  if (reason !== undefined) {
    console.log(`SKIPPED: the native engine cannot be used here, so that no test runs on it: ${reason}`);
    return 0;
  }
  console.log(`oneDNN ${description.oneDNN} for ${description.isa}, ${description.threads} threads`);
  let status = 0;
  for (const name of packages) {
    const cwd = join(root, "packages", name);
    const files = engineTests(cwd);
    console.log(`\n${name}: ${files.length} files`);
    // Files side by side rather than the engine's threads: most tensors here are too small for these.
    const done = spawnSync("vitest", ["run", ...files], {
      cwd,
      env: { ...environment, ROGA_TEST_ENGINE: "onednn", ROGA_ONEDNN_THREADS: "1" },
      stdio: ["ignore", "inherit", "inherit"],
      shell: process.platform === "win32",
    });
    if (done.status !== 0) status = 1;
  }
  return status;
}

if (process.argv[1] === import.meta.filename) process.exit(main());
