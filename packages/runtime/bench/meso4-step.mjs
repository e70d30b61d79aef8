/**
 * Times one training step of Meso4 (Afchar et al. 2018; forward, backward, Adam) on the `cpu` engine with TensorFlow.js'
 * stock kernels and with this package's, and on the native engine where it is built, in one process, and shows where the
 * time of the fastest goes.
 *
 *     node bench/meso4-step.mjs [pixels=64] [batch=16]        after `tsup`
 */

import { EngineUnavailableError, use } from "@roga/runtime";
import * as tf from "@tensorflow/tfjs";

const [pixels = 64, batch = 16] = process.argv.slice(2).map(Number);

function meso4() {
  const model = tf.sequential();
  const block = (filters, kernelSize, poolSize, first = {}) => {
    model.add(tf.layers.conv2d({ filters, kernelSize, padding: "same", activation: "relu", ...first }));
    model.add(tf.layers.batchNormalization());
    model.add(tf.layers.maxPooling2d({ poolSize, padding: "same" }));
  };
  block(8, 3, 2, { inputShape: [pixels, pixels, 3] });
  block(8, 5, 2);
  block(16, 5, 2);
  block(16, 5, 4);
  model.add(tf.layers.flatten());
  model.add(tf.layers.dropout({ rate: 0.5 }));
  model.add(tf.layers.dense({ units: 16 }));
  model.add(tf.layers.leakyReLU({ alpha: 0.1 }));
  model.add(tf.layers.dropout({ rate: 0.5 }));
  model.add(tf.layers.dense({ units: 1 }));
  return model;
}

/** Milliseconds of each of `count` calls of `step`, after `warmUp` untimed ones. */
function time(step, count, warmUp) {
  for (let i = 0; i < warmUp; i++) step();
  return Array.from({ length: count }, () => {
    const start = performance.now();
    step();
    return performance.now() - start;
  }).sort((a, b) => a - b);
}

await use("cpu", { kernels: "stock" });
const model = meso4();
const adam = tf.train.adam(2e-4);
const images = tf.randomUniform([batch, pixels, pixels, 3], -1, 1, "float32", 1);
const labels = tf.tensor2d(Array.from({ length: batch }, (_, i) => [i % 2]));
const variables = model.trainableWeights.map((weight) => weight.val);
const loss = () => tf.losses.sigmoidCrossEntropy(labels, model.apply(images, { training: true }));
const step = () => adam.minimize(loss, false, variables);
const infer = () => model.predict(images).dispose();

console.log(`Meso4, ${pixels}×${pixels}, batch ${batch}, Node ${process.version}`);
const medians = {};
let fastest;
for (const [label, start, count, warmUp] of [
  ["stock", () => use("cpu", { kernels: "stock" }), 2, 0],
  ["fast", () => use("cpu", { kernels: "fast" }), 15, 5],
  ["onednn", () => use("onednn"), 50, 10],
]) {
  try {
    const { name, device, threads } = await start();
    console.log(`${label}: ${name}, ${device}, ${threads} threads`);
  } catch (error) {
    if (!(error instanceof EngineUnavailableError)) throw error;
    console.log(`${label}: ${error.message}`);
    continue;
  }
  fastest = label;
  medians[label] = [];
  for (const [what, run] of [
    ["training step", step],
    ["inference", infer],
  ]) {
    const times = time(run, count, warmUp);
    const median = times[times.length >> 1];
    medians[label].push(median);
    const rate = ((batch / median) * 1000).toFixed(1);
    console.log(
      `${label.padEnd(6)} ${what.padEnd(14)} ${median.toFixed(1).padStart(9)} ms ${rate.padStart(7)} images/s`,
    );
  }
}
for (const [label, times] of Object.entries(medians).slice(1)) {
  const [training, inference] = medians.stock.map((stock, i) => (stock / times[i]).toFixed(1));
  console.log(`${label.padEnd(6)} is ${training} times as fast as stock in training, ${inference} times in inference`);
}
console.log(`\n${fastest} training step, by kernel:`);

const { kernels } = await tf.profile(() => void step());
const spent = new Map();
for (const kernel of kernels) spent.set(kernel.name, (spent.get(kernel.name) ?? 0) + (await kernel.kernelTimeMs));
const total = [...spent.values()].reduce((sum, ms) => sum + ms, 0);
for (const [name, ms] of [...spent].sort((a, b) => b[1] - a[1]).slice(0, 12)) {
  console.log(`  ${name.padEnd(22)} ${ms.toFixed(1).padStart(7)} ms ${((100 * ms) / total).toFixed(0).padStart(3)} %`);
}
