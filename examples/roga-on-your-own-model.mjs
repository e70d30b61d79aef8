/** RoGA on a stock layers model with batch norm: two named domains, Adam, and a run that stops and goes on bit for bit. */
import "@tensorflow/tfjs"; // an engine, and the operations' gradients
import { adam, roga } from "@roga/optimizer";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, layers, sequential } from "@tensorflow/tfjs-layers";

// The model: what is trained, and what its forward passes write besides.
const kernelInitializer = initializers.glorotUniform({ seed: 1 });
const model = sequential();
model.add(layers.conv2d({ inputShape: [8, 8, 1], filters: 4, kernelSize: 3, useBias: false, kernelInitializer }));
model.add(layers.batchNormalization({ momentum: 0.8 }));
model.add(layers.activation({ activation: "relu" }));
model.add(layers.globalAveragePooling2d({}));
model.add(layers.dense({ units: 1, kernelInitializer }));
const variables = model.trainableWeights.map((weight) => weight.read());
const buffers = model.nonTrainableWeights.map((weight) => weight.read()); // running means and variances

// The data: noise, and on every other image, a fake, the trace that one manipulation leaves.
const labels = tf.tensor1d(Array.from({ length: 16 }, (_, i) => i % 2));
const traces = { deepfakes: (y, x) => ((x + y) % 2) - 0.5, faceswap: (y) => (y % 2) - 0.5 };
function images(trace, seed) {
  const values = Array.from({ length: 16 * 64 }, (_, i) => ((i >> 6) % 2) * trace((i >> 3) % 8, i % 8));
  return tf.add(tf.randomNormal([16, 8, 8, 1], 0, 0.3, "float32", seed), tf.tensor(values, [16, 8, 8, 1]));
}
const logits = (batch, training) => tf.squeeze(model.apply(batch, { training }), [1]);
const lossOn = (batch) => () => tf.losses.sigmoidCrossEntropy(labels, logits(batch, true));
const domainLosses = {
  deepfakes: lossOn(images(traces.deepfakes, 10)),
  faceswap: lossOn(images(traces.faceswap, 11)),
};

// The run: RoGA finds the direction, Adam takes the step.
const create = () => ({ algorithm: roga({ diagnostics: { every: 10 } }), baseOptimizer: adam({ learningRate: 0.05 }) });
async function train({ algorithm, baseOptimizer }, from, to) {
  for (let step = from; step < to; step++) {
    const { loss, diagnostics } = await algorithm.step({ variables, buffers, domainLosses, baseOptimizer });
    if (diagnostics)
      console.log(`step ${step}: loss ${loss.toFixed(3)}, cos(g, h) ${diagnostics.alignment.toFixed(3)}`);
  }
}
const weights = [...variables, ...buffers];
const bits = () => weights.map((weight) => new Uint32Array(weight.dataSync().slice().buffer).join()).join();

const run = create();
await train(run, 0, 20);
const saved = [run.algorithm.state(), run.baseOptimizer.state(), weights.map((weight) => weight.clone())];
await train(run, 20, 40);
const straight = bits();

// Another process would read the same tensors from a file.
const resumed = create();
resumed.algorithm.restore(saved[0]);
resumed.baseOptimizer.restore(saved[1]);
for (const [index, weight] of weights.entries()) weight.assign(saved[2][index]);
await train(resumed, 20, 40);
console.log(`resumed run equals the straight one bit for bit: ${bits() === straight}`);

// The test: new images, normalized by the running statistics.
for (const [name, trace] of Object.entries(traces)) {
  const right = tf.equal(tf.greater(logits(images(trace, 99), false), 0), tf.cast(labels, "bool"));
  console.log(`${name}: accuracy ${tf.mean(tf.cast(right, "float32")).dataSync()[0].toFixed(2)}`);
}
