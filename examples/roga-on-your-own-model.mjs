/** RoGA on a stock layers model with batch norm: two named domains, Adam, and a test on new images. */
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
const [deepfakes, faceswap] = [images(traces.deepfakes, 10), images(traces.faceswap, 11)];
const domainLosses = { deepfakes: lossOn(deepfakes), faceswap: lossOn(faceswap) };

// The run: RoGA finds the direction, Adam takes the step.
const [algorithm, baseOptimizer] = [roga({ diagnostics: { every: 10 } }), adam({ learningRate: 0.05 })];
for (let step = 0; step < 40; step++) {
  const { loss, diagnostics } = await algorithm.step({ variables, buffers, domainLosses, baseOptimizer });
  if (diagnostics) console.log(`step ${step}: loss ${loss.toFixed(3)}, cos(g, h) ${diagnostics.alignment.toFixed(3)}`);
}

// The test: new images, normalized by the running statistics.
for (const [name, trace] of Object.entries(traces)) {
  const right = tf.equal(tf.greater(logits(images(trace, 99), false), 0), tf.cast(labels, "bool"));
  console.log(`${name}: accuracy ${tf.mean(tf.cast(right, "float32")).dataSync()[0].toFixed(2)}`);
}
