/** A run that stops after 20 steps and goes on from its saved tensors ends, bit for bit, where one that never stopped does. */
import "@tensorflow/tfjs";
import { adam, roga } from "@roga/optimizer";
import * as tf from "@tensorflow/tfjs-core";

// A linear classifier of two domains' points.
const weights = tf.variable(tf.tensor2d([[0.5], [-0.5]]));
const labels = tf.tensor1d(Array.from({ length: 32 }, (_, i) => i % 2));
const points = (seed) => tf.add(tf.randomNormal([32, 2], 0, 1, "float32", seed), tf.reshape(labels, [32, 1]));
const lossOn = (x) => () => tf.losses.sigmoidCrossEntropy(labels, tf.squeeze(tf.matMul(x, weights), [1]));
const domainLosses = { deepfakes: lossOn(points(1)), faceswap: lossOn(points(2)) };

const create = () => ({ algorithm: roga(), baseOptimizer: adam({ learningRate: 0.05 }) });
async function train({ algorithm, baseOptimizer }, steps) {
  for (let i = 0; i < steps; i++) {
    const { step, loss } = await algorithm.step({ variables: [weights], domainLosses, baseOptimizer });
    if (step % 10 === 0) console.log(`step ${step}: loss ${loss.toFixed(4)}`);
  }
}

const run = create();
await train(run, 20);
const saved = { weights: weights.clone(), algorithm: run.algorithm.state(), baseOptimizer: run.baseOptimizer.state() };
await train(run, 20);
const straight = weights.dataSync().slice();

// Another process would read the same tensors from a file.
const resumed = create();
weights.assign(saved.weights);
resumed.algorithm.restore(saved.algorithm);
resumed.baseOptimizer.restore(saved.baseOptimizer);
await train(resumed, 20);
const same = weights.dataSync().every((value, i) => Object.is(value, straight[i]));
console.log(`the resumed run equals the straight one bit for bit: ${same}`);
