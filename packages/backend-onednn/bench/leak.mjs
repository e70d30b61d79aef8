/**
 * What ten thousand steps of training leave behind: the resident memory of a process, and what TensorFlow.js and the pool
 * hold, after each tenth of them.
 *
 *     node bench/leak.mjs [steps, 10000]
 *
 * Exit status 1 where tensors or bytes are left, or resident memory outside of JavaScript's heap grew by more than 8 MiB
 * from the second tenth to the last.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const steps = Number(process.argv[2] ?? 10_000);
if (!Number.isInteger(steps) || steps < 10) throw new RangeError("expected a number of steps of at least 10");
const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const program = path("../test-results/leak-bench.mjs");
await build({
  entryPoints: [path("../test/programs/leak.ts")],
  outfile: program,
  bundle: true,
  platform: "node",
  format: "esm",
  conditions: ["@roga/source"],
  external: ["@tensorflow/*"],
});
const { status, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", program, String(steps)], {
  encoding: "utf8",
  env: { ...process.env, ROGA_ONEDNN_SMALLEST_POOLED: "0" },
});
if (status !== 0) throw new Error(stderr);

const mebibytes = (bytes) => Math.round((bytes / 2 ** 20) * 10) / 10;
const snapshots = JSON.parse(stdout);
console.table(
  snapshots.map(({ step, resident, native, numTensors, numBytes, inUse }) => ({
    steps: step,
    "resident MiB": mebibytes(resident),
    "without heap MiB": mebibytes(native),
    tensors: numTensors,
    bytes: numBytes,
    "pool bytes": inUse,
  })),
);
const [settled, last] = [snapshots[1], snapshots.at(-1)];
const grown = last.native - settled.native;
console.log(`from step ${settled.step} to ${last.step}: ${mebibytes(grown)} MiB`);
const left = ["numTensors", "numBytes", "inUse"].some((name) => last[name] !== settled[name]);
if (left || grown > 8 * 2 ** 20) process.exitCode = 1;
