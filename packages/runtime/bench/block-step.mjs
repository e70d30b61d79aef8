/**
 * Times one training step (forward, backward, SGD) of a small block of separable convolutions with batch norm on each
 * engine that is here, in one process, in turn.
 *
 *     node bench/block-step.mjs [pixels=64] [batch=8] [rounds=5] [engines=webgpu,onednn,cpu]        after `tsup`
 *
 * For the engine `webgpu` without a GPU, a software adapter does: SwiftShader, on Debian in the package chromium-common,
 *
 *     VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json LD_LIBRARY_PATH=/usr/lib/chromium node bench/block-step.mjs
 */
import { EngineUnavailableError, use } from "@roga/runtime";
import * as tf from "@tensorflow/tfjs";

const [pixels = 64, batch = 8, rounds = 5] = process.argv.slice(2, 5).map(Number);
const names = (process.argv[5] ?? "webgpu,onednn,cpu").split(",");

function separableBlock() {
  const model = tf.sequential();
  const convolution = { kernelSize: 3, padding: "same", useBias: false };
  model.add(tf.layers.conv2d({ ...convolution, filters: 32, strides: 2, inputShape: [pixels, pixels, 3] }));
  for (const filters of [64, 128]) {
    model.add(tf.layers.batchNormalization());
    model.add(tf.layers.reLU());
    model.add(tf.layers.depthwiseConv2d(convolution));
    model.add(tf.layers.conv2d({ ...convolution, kernelSize: 1, filters }));
  }
  model.add(tf.layers.batchNormalization());
  model.add(tf.layers.globalAveragePooling2d({}));
  model.add(tf.layers.dense({ units: 1 }));
  return model;
}

/** One engine's step, which ends when the loss was read, and so when the device is done. */
async function contestant(name) {
  const { device, threads } = await use(name);
  const model = separableBlock();
  const images = tf.randomUniform([batch, pixels, pixels, 3], -1, 1, "float32", 1);
  const labels = tf.tensor2d(Array.from({ length: batch }, (_, i) => [i % 2]));
  const variables = model.trainableWeights.map((weight) => weight.val);
  const sgd = tf.train.sgd(0.01);
  const loss = () => tf.losses.sigmoidCrossEntropy(labels, model.apply(images, { training: true }));
  const step = async () => {
    await use(name);
    const start = performance.now();
    const value = sgd.minimize(loss, true, variables);
    await value.data();
    await variables[0].data();
    value.dispose();
    return performance.now() - start;
  };
  return { name, device, threads, step, times: [] };
}

const contestants = [];
for (const name of names) {
  try {
    contestants.push(await contestant(name));
  } catch (error) {
    if (!(error instanceof EngineUnavailableError)) throw error;
    console.log(`${name}: not here: ${error.reason}`);
  }
}
for (const { step } of contestants) for (let i = 0; i < 2; i++) await step();
for (let round = 0; round < rounds; round++) {
  for (const { step, times } of contestants) times.push(await step());
}
console.log(
  `separable block, ${pixels}×${pixels}, batch ${batch}, medians of ${rounds} rounds, Node ${process.version}`,
);
for (const { name, device, threads, times } of contestants) {
  const median = times.sort((a, b) => a - b)[times.length >> 1];
  const rate = ((batch / median) * 1000).toFixed(1);
  console.log(
    `${name.padEnd(8)} ${median.toFixed(0).padStart(7)} ms ${rate.padStart(8)} images/s  ${device}, ${threads} threads`,
  );
}
