/**
 * Where the time of a training step or of inference goes: wall-clock time by kernel, each kernel without those it calls,
 * with the native part of it, and what is spent outside kernels (the tape, layers, JavaScript between).
 *
 *     node bench/profile.mjs [--net …] [--size 256] [--batch 8] [--task training|inference] [--steps 5] [--top 30] [--bf16]
 *
 * Every kernel of the backend is wrapped in two readings of the clock; the same steps without the wrapping stand beside, so
 * that one sees what the measuring costs. The queue is off, so that a kernel is done when its call returns: what stands
 * outside native kernels here is computed beside them otherwise. `bench/idle.mjs` has what is left of it then.
 */
import * as tf from "@tensorflow/tfjs";
import { batchOf, inference, trainingStep, useBackend } from "./engine.mjs";
import { buildNet, foldNet } from "./nets/index.mjs";
import { readOptions } from "./options.mjs";
import { median, short, table } from "./statistics.mjs";

const options = readOptions({
  task: { type: "string", default: "training" },
  steps: { type: "string", default: "5" },
  warmup: { type: "string", default: "3" },
  top: { type: "string", default: "30" },
});
// One kernel after another: each is timed by what its call takes.
process.env.ROGA_ONEDNN_QUEUE = "0";
const engine = await useBackend(options);
/** Milliseconds spent in native kernels so far; undefined on a backend that does not count them. */
const nativeMilliseconds = () => engine?.nativeTime?.().milliseconds;
const { model } = buildNet(options.net, options);
const data = batchOf(options);
const training = options.task === "training";
const step = training ? trainingStep(model, data) : inference(foldNet(options.net, model, options), data);

/** A kernel's name, and for convolutions what they are: 1×1 products, depthwise ones and others have costs of their own. */
function describe(name, inputs, attrs) {
  const shape = inputs?.filter?.shape ?? attrs?.filterShape;
  if (!shape) return name;
  const strides = [attrs.strides].flat();
  return `${name} ${shape[0]}×${shape[1]}${strides[0] > 1 ? ` / ${strides[0]}` : ""}`;
}

const records = new Map();
const running = [];

/** Calls a kernel and books its time, less that of the kernels it calls in turn. */
function timed(kernelName, kernelFunc, params) {
  const own = { inner: 0, native: 0 };
  running.push(own);
  const native = nativeMilliseconds();
  const start = performance.now();
  try {
    return kernelFunc(params);
  } finally {
    const elapsed = performance.now() - start;
    const nativeElapsed = native === undefined ? 0 : nativeMilliseconds() - native;
    running.pop();
    const outer = running.at(-1);
    if (outer) {
      outer.inner += elapsed;
      outer.native += nativeElapsed;
    }
    const name = describe(kernelName, params.inputs, params.attrs);
    const record = records.get(name) ?? { calls: 0, ms: 0, native: 0 };
    record.calls++;
    record.ms += elapsed - own.inner;
    record.native += nativeElapsed - own.native;
    records.set(name, record);
  }
}

/** Replaces every kernel of the backend by a timed one; returns what undoes it. */
function wrapKernels() {
  const stock = tf.getKernelsForBackend(tf.getBackend());
  const replace = (kernels) => {
    for (const kernel of kernels) {
      tf.unregisterKernel(kernel.kernelName, kernel.backendName);
      // Without the set-up: the backend is running, and disposal is none of the measured work.
      tf.registerKernel({ ...kernel, setupFunc: undefined });
    }
  };
  replace(
    stock.map((kernel) => ({ ...kernel, kernelFunc: (params) => timed(kernel.kernelName, kernel.kernelFunc, params) })),
  );
  return () => replace(stock);
}

function time(steps) {
  return Array.from({ length: steps }, () => {
    const start = performance.now();
    step();
    return performance.now() - start;
  });
}

time(options.warmup);
const unwrapped = [];
const wrapped = [];
for (let i = 0; i < options.steps; i++) {
  unwrapped.push(...time(1));
  const unwrap = wrapKernels();
  wrapped.push(...time(1));
  unwrap();
}
const plain = median(unwrapped);
const total = wrapped.reduce((sum, ms) => sum + ms, 0) / options.steps;
const counts = [...records].map(([name, { calls, ms, native }]) => ({
  name,
  calls: calls / options.steps,
  ms: ms / options.steps,
  native: native / options.steps,
}));
const sumOf = (key) => counts.reduce((sum, record) => sum + record[key], 0);
const counted = nativeMilliseconds() !== undefined;
const percent = (ms) => ((100 * ms) / total).toFixed(1);

console.log(
  `${options.net}, ${options.size} px, batch ${options.batch}, ${options.threads} threads, ${tf.getBackend()}`,
);
console.log(
  `${options.task} step: ${short(plain)} ms (median); while measured ${short(median(wrapped))} ms, mean ${short(total)} ms\n`,
);
const rows = [["kernel", "calls", "ms", "%", "native ms"]];
const row = (name, calls, ms, native) => [name, calls, ms.toFixed(2), percent(ms), counted ? native.toFixed(2) : "–"];
counts.sort((a, b) => b.ms - a.ms);
for (const { name, calls, ms, native } of counts.slice(0, options.top)) rows.push(row(name, calls, ms, native));
const rest = counts.slice(options.top);
if (rest.length > 0) {
  const add = (key) => rest.reduce((sum, record) => sum + record[key], 0);
  rows.push(row(`${rest.length} others`, add("calls"), add("ms"), add("native")));
}
rows.push(row("all kernels", sumOf("calls"), sumOf("ms"), sumOf("native")));
rows.push(row("outside kernels", "", total - sumOf("ms"), 0));
console.log(table(rows));
if (counted) console.log(`\noutside native kernels: ${percent(total - sumOf("native"))} % of the step`);
