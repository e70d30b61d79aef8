/**
 * How near the kernels that compute little come to the speed of memory: gigabytes read and written in a second, and the
 * ratio to a copy of the same size on the same threads.
 *
 *     node bench/kernels.mjs [--megabytes 64] [--rounds 7] [--threads 2] [--only Sum]
 *
 * Kernels and copies take turns, and each counts by its best round: on a machine that others use, that is the least wrong.
 */
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "./engine.mjs";
import { readOptions } from "./options.mjs";
import { table } from "./statistics.mjs";

const options = readOptions({
  megabytes: { type: "string", default: "64" },
  rounds: { type: "string", default: "7" },
  only: { type: "string", default: "" },
});
await useBackend(options);
const pixels = Math.round((Number(options.megabytes) * 2 ** 18) / 64 / 1024);
/** Images of 64 channels, and of 3. */
const shape = [pixels, 32, 32, 64];
const x = tf.randomUniform(shape, 0.5, 2, "float32", 1);
const y = tf.randomUniform(shape, -1, 1, "float32", 2);
const thin = tf.reshape(tf.slice(tf.reshape(x, [-1]), 0, pixels * 64 * 320 * 3), [pixels * 64, 20, 16, 3]);
const channels = tf.randomUniform([64], 0, 1, "float32", 3);
const gate = tf.randomUniform([pixels, 1, 1, 64], 0, 1, "float32", 4);
const three = tf.tensor1d([1, 2, 3]);
const condition = tf.greater(y, 0);
const halves = tf.split(x, 2, 1);
const list = tf.split(tf.reshape(x, [64, -1]), 64);
const other = tf.split(tf.reshape(y, [64, -1]), 64);
const run = (name, inputs, attrs) => tf.engine().runKernel(name, inputs, attrs);
const numbered = (prefix, tensors) => Object.fromEntries(tensors.map((tensor, index) => [`${prefix}${index}`, tensor]));

/** What to run, the tensors that it reads, and the bytes that it writes: those of x if they are not given. */
const all = (tensors) => [tensors].flat().reduce((sum, { size, dtype }) => sum + size * (dtype === "bool" ? 1 : 4), 0);
const kernels = {
  Relu: [() => tf.relu(y), [x]],
  Sigmoid: [() => tf.sigmoid(y), [x]],
  Tanh: [() => tf.tanh(y), [x]],
  Swish: [() => run("Swish", { x: y }), [x]],
  Exp: [() => tf.exp(y), [x]],
  Log: [() => tf.log(x), [x]],
  Sqrt: [() => tf.sqrt(x), [x]],
  Add: [() => tf.add(x, y), [x, y]],
  "Multiply, scalar": [() => tf.mul(x, 3), [x]],
  "Multiply, channels": [() => tf.mul(x, channels), [x]],
  "Multiply, gate": [() => tf.mul(x, gate), [x]],
  "Multiply, 3 channels": [() => tf.mul(thin, three), [thin], all(thin)],
  Greater: [() => tf.greater(x, y), [x, y], x.size],
  Select: [() => tf.where(condition, x, y), [condition, x, y]],
  Cast: [() => tf.cast(condition, "float32"), [condition]],
  AddN: [() => tf.addN([x, y, x]), [x, y, x]],
  Fill: [() => tf.zeros(shape), []],
  "Sum, to channels": [() => tf.sum(x, [0, 1, 2]), [x], 0],
  "Sum, to 3 channels": [() => tf.sum(thin, [0, 1, 2]), [thin], 0],
  "Sum, last axis": [() => tf.sum(x, -1), [x], 0],
  "Sum, all": [() => tf.sum(x), [x], 0],
  "Mean, pooling": [() => tf.mean(x, [1, 2]), [x], 0],
  "Max, all": [() => tf.max(x), [x], 0],
  "Max, to channels": [() => tf.max(x, [0, 1, 2]), [x], 0],
  "Transpose, matrix": [() => tf.transpose(tf.reshape(x, [-1, 1024])), [x]],
  "Transpose, NHWC to NCHW": [() => tf.transpose(x, [0, 3, 1, 2]), [x]],
  "Transpose, 3 channels": [() => tf.transpose(thin, [0, 3, 1, 2]), [thin], all(thin)],
  "Transpose, rows": [() => tf.transpose(x, [1, 0, 2, 3]), [x]],
  Pad: [
    () =>
      tf.pad(x, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ]),
    [x],
  ],
  "Slice, channels": [() => tf.slice(x, [0, 0, 0, 16], [-1, -1, -1, 32]), [halves[0]], all(halves[0])],
  "Slice, images": [() => tf.slice(x, [1, 0, 0, 0], [pixels - 1, 32, 32, 64]), [x]],
  "Concat, channels": [() => tf.concat(halves, 3), halves],
  Reverse: [() => tf.reverse(thin, 2), [thin], all(thin)],
  Softmax: [() => tf.softmax(x), [x]],
  ResizeBilinear: [() => tf.image.resizeBilinear(halves[0], [32, 32]), halves[0]],
  ListNorm: [() => run("ListNorm", numbered("x", list), { count: 64 }), list, 0],
  ListDot: [() => run("ListDot", { ...numbered("x", list), ...numbered("y", other) }, { count: 64 }), [x, y], 0],
  ListAxpy: [
    () => run("ListAxpy", { ...numbered("x", list), ...numbered("y", other) }, { count: 64, alpha: 2 }),
    [x, y],
  ],
};

function milliseconds(f) {
  const begin = performance.now();
  const outputs = f();
  const time = performance.now() - begin;
  tf.dispose(outputs);
  return time;
}

const copy = () => tf.concat(halves, 0);
const rows = [];
for (const [name, [f, read, written = all(x)]] of Object.entries(kernels)) {
  if (!name.includes(options.only)) continue;
  tf.tidy(() => {
    let [best, bestCopy] = [Infinity, Infinity];
    for (let round = 0; round <= options.rounds; round++) {
      const [own, copied] = [milliseconds(f), milliseconds(copy)];
      if (round === 0) continue;
      best = Math.min(best, own);
      bestCopy = Math.min(bestCopy, copied);
    }
    const rate = (all(read) + written) / best / 1e6;
    const copyRate = (2 * all(x)) / bestCopy / 1e6;
    rows.push([name, best.toFixed(2), rate.toFixed(1), copyRate.toFixed(1), (rate / copyRate).toFixed(2)]);
  });
}
console.log(table([["kernel", "ms", "GB/s", "copy GB/s", "ratio"], ...rows]));
