/**
 * How long the engine waits for JavaScript in a training step or in inference: the time of whole steps less that of their
 * native kernels, with the queue and without it, in interleaved rounds of processes of their own.
 *
 *     node bench/idle.mjs [--net …] [--size 256] [--batch 8] [--task training|inference] [--rounds 5] [--steps 5] [--threads 2]
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { batchOf, inference, trainingStep, useBackend } from "./engine.mjs";
import { buildNet, foldNet } from "./nets/index.mjs";
import { readOptions } from "./options.mjs";
import { median, table } from "./statistics.mjs";

const options = readOptions({
  task: { type: "string", default: "training" },
  rounds: { type: "string", default: "5" },
  steps: { type: "string", default: "5" },
  warmup: { type: "string", default: "3" },
  measure: { type: "boolean", default: false },
});
const { net, size, batch, task, rounds, steps, warmup, threads } = options;

/** Milliseconds of a step and of its kernels, in this process. */
async function measured() {
  const engine = await useBackend({ ...options, backend: "onednn" });
  const { model } = buildNet(net, options);
  const data = batchOf(options);
  const step = task === "training" ? trainingStep(model, data) : inference(foldNet(net, model, options), data);
  for (let i = 0; i < warmup; i++) step();
  engine.resetNativeTime();
  const start = performance.now();
  for (let i = 0; i < steps; i++) step();
  return { step: (performance.now() - start) / steps, native: engine.nativeTime().milliseconds / steps };
}

/** The same in a process of its own. */
function inProcess(queue) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [fileURLToPath(import.meta.url), "--measure", ...process.argv.slice(2)],
    { encoding: "utf8", env: { ...process.env, ROGA_ONEDNN_QUEUE: queue ? "1" : "0" } },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trimEnd().split("\n").at(-1));
}

if (options.measure) {
  console.log(JSON.stringify(await measured()));
} else {
  console.log(`${net}, ${size} px, batch ${batch}, ${threads} threads: ${task}, ${rounds} rounds of ${steps}`);
  const results = { false: [], true: [] };
  for (let round = 0; round < rounds; round++) {
    for (const queue of [false, true]) results[queue].push(inProcess(queue));
  }
  const row = (label, of) => {
    const [step, native] = ["step", "native"].map((key) => median(of.map((result) => result[key])));
    const idle = median(of.map(({ step, native }) => (100 * (step - native)) / step));
    return [label, step.toFixed(1), native.toFixed(1), `${idle.toFixed(1)} %`];
  };
  const rows = [row("called one by one", results.false), row("in the queue", results.true)];
  console.log(table([["kernels", "step ms", "in kernels ms", "engine idle"], ...rows]));
  const ratio = median(results.false.map(({ step }, i) => step / results.true[i].step));
  console.log(`\nwith the queue ${ratio.toFixed(2)} × as fast`);
}
