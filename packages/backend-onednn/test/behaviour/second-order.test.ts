/**
 * Gradients of gradients are those that the JavaScript backend gives. TensorFlow.js itself has none for elu, leakyRelu,
 * maxima and clipping, whose gradients are not differentiable to it.
 */
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, it } from "vitest";
import { array, expectParity, usePooled } from "../support/parity.js";

beforeAll(usePooled);
afterAll(() => tf.setBackend("cpu"));

const matrix = () => tf.tensor2d(array([11, 11], 5, { from: -0.5, to: 0.5 }), [11, 11]);

const halves = () =>
  tf.tensor2d(
    array([11, 11], 6).map((value) => (value > 0 ? 1 : 0)),
    [11, 11],
    "bool",
  );

const functions: Record<string, (x: tf.Tensor2D) => tf.Tensor> = {
  "x · x · relu(x)": (x) => tf.mul(tf.mul(x, x), tf.relu(x)),
  "sigmoid and tanh": (x) => tf.mul(tf.sigmoid(x), tf.tanh(x)),
  softplus: (x) => tf.mul(tf.softplus(x), tf.log1p(tf.square(x))),
  "exp and log": (x) => tf.log(tf.add(tf.exp(tf.square(x)), 1)),
  "sqrt, rsqrt and reciprocal": (x) => {
    const positive = tf.add(tf.square(x), 1);
    return tf.add(tf.mul(tf.sqrt(positive), x), tf.mul(tf.rsqrt(positive), tf.reciprocal(positive)));
  },
  "softmax and its mean": (x) => tf.mean(tf.square(tf.softmax(x)), 1),
  "matrix products": (x) => tf.matMul(tf.square(tf.matMul(x, matrix())), x, false, true),
  "quotients and powers": (x) => tf.div(tf.pow(x, 3), tf.add(tf.square(x), 2)),
  "sums along axes": (x) => tf.mul(tf.sum(tf.square(x), 0), tf.mean(tf.mul(x, tf.abs(x)), 1)),
  selection: (x) => tf.where(halves(), tf.mul(tf.square(x), x), tf.exp(x)),
  layout: (x) => tf.square(tf.mul(tf.transpose(x), tf.concat([tf.slice(x, 3), tf.slice(x, 0, 3)]))),
};

for (const [name, f] of Object.entries(functions)) {
  it(name, async () => {
    await expectParity(
      () => {
        const x = tf.tensor2d(array([11, 11], 9, { from: -2, to: 2 }), [11, 11]);
        const weights = tf.tensor2d(array([11, 11], 10), [11, 11]);
        const first = (y: tf.Tensor) => tf.grad((z) => f(z as tf.Tensor2D))(y);
        return [f(x), first(x), tf.grad((y) => tf.mul(first(y), weights))(x)];
      },
      { rtol: 2e-5, atol: 2e-5 },
    );
  });
}
