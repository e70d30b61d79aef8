/**
 * Two source domains and a target, as in the coloured digits of invariant risk minimization: the shape of a sample agrees
 * with its label 3 times of 4 in every domain, its colour 9 times of 10 in one source domain, 8 of 10 in the other, and 1
 * of 10 in the target. A classifier of the colour is the better one on the sources and the worse one on the target.
 */
import { stream } from "@roga/tensor-utils/random";
import * as tf from "@tensorflow/tfjs-core";
import { methods, train } from "./methods.mjs";

/** How every run is trained, and on which seeds. */
const settings = { steps: 150, learningRate: 0.1 };
export const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

const SHAPE = 0.75;
const SOURCES = { first: 0.9, second: 0.8 };
const TARGET = 0.1;
const TRAINING = 256;
const HELD_OUT = 1000;

/** Samples of two inputs, a shape and a colour about ±1, with labels 0 and 1. */
function draw(seed, name, agreement, count) {
  const random = stream(seed, "spurious feature", name);
  const rows = Array.from({ length: count }, () => {
    const label = random.uniform() < 0.5 ? 0 : 1;
    const side = (rate) => (random.uniform() < rate ? 1 : -1) * (2 * label - 1);
    return { label, x: [random.normal(side(SHAPE), 0.3), random.normal(side(agreement), 0.3)] };
  });
  return { inputs: tf.tensor2d(rows.map(({ x }) => x)), labels: tf.tensor1d(rows.map(({ label }) => label)) };
}

/** A linear classifier. Its features are the products of inputs and weights, whose sum is the logit. */
function forward(theta, { inputs, labels }) {
  const features = tf.mul(inputs, tf.reshape(theta, [-1]));
  const logits = tf.sum(features, 1);
  return { loss: tf.losses.sigmoidCrossEntropy(labels, logits), logits, labels, features };
}

/** Share of the samples whose class is right. */
function accuracy(theta, data) {
  return tf.tidy(() => {
    const { logits, labels } = forward(theta, data);
    const right = tf.equal(tf.greater(logits, 0), tf.cast(labels, "bool"));
    return tf.mean(tf.cast(right, "float32")).dataSync()[0];
  });
}

/** Accuracies of every algorithm on one seed's data, from the same initial weights. */
async function oneSeed(seed, chosen) {
  const names = Object.keys(SOURCES);
  const training = names.map((name) => draw(seed, name, SOURCES[name], TRAINING));
  const heldOut = names.map((name) => draw(seed, `${name}, held out`, SOURCES[name], HELD_OUT));
  const target = draw(seed, "target", TARGET, HELD_OUT);
  const random = stream(seed, "spurious feature", "weights");
  const initial = tf.tensor2d([random.normal(0, 0.1), random.normal(0, 0.1)], [2, 1]);
  const theta = tf.variable(initial);
  const domainLosses = Object.fromEntries(names.map((name, k) => [name, () => forward(theta, training[k])]));
  const results = {};
  for (const { name, make } of chosen) {
    theta.assign(initial);
    const algorithm = make(settings.steps);
    await train(algorithm, { variables: [theta], domainLosses }, settings);
    algorithm.dispose();
    const sources = heldOut.map((data) => accuracy(theta, data));
    results[name] = { source: (sources[0] + sources[1]) / 2, target: accuracy(theta, target) };
  }
  tf.dispose([training, heldOut, target, initial, theta]);
  return results;
}

/**
 * For every algorithm its accuracies on held-out samples of the sources, and on the target, by seed.
 *
 * @param seeds of the data and of the initial weights
 * @param names which algorithms to train; by default all
 */
export async function spuriousFeature(seeds, names = methods.map(({ name }) => name)) {
  const chosen = methods.filter(({ name }) => names.includes(name));
  const bySeed = [];
  for (const seed of seeds) bySeed.push(await oneSeed(seed, chosen));
  const collect = (name, of) => bySeed.map((results) => results[name][of]);
  return chosen.map(({ name }) => ({ name, source: collect(name, "source"), target: collect(name, "target") }));
}

/** Mean and sample standard deviation. */
export function spread(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** The rows of its table. */
export function accuracyRows(results) {
  const shown = (values) => {
    const { mean, deviation } = spread(values);
    return `${mean.toFixed(3)} ± ${deviation.toFixed(3)}`;
  };
  const rows = results.map(({ name, source, target }) => {
    const ends = [Math.min(...target), Math.max(...target)].map((value) => value.toFixed(3));
    return [`\`${name}\``, shown(source), shown(target), `${ends[0]} … ${ends[1]}`];
  });
  return [["", "sources, held out", "target", "target, lowest … highest seed"], ...rows];
}
