import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import { checkGradients, checkTensorGradients, useTestEngine } from "@roga/test-support";
import { beforeAll, expect, test } from "vitest";

beforeAll(useTestEngine);

test("checkGradients accepts a right gradient and names the wrong coordinate", () => {
  const f = (x: Float64Array) => x[0]! ** 3 * Math.sin(x[1]!);
  const right = (x: Float64Array) => [3 * x[0]! ** 2 * Math.sin(x[1]!), x[0]! ** 3 * Math.cos(x[1]!)];
  checkGradients(f, right, [1.3, -0.7]);
  const wrong = (x: Float64Array) => [right(x)[0]!, right(x)[1]! * 1.000001];
  expect(() => checkGradients(f, wrong, [1.3, -0.7])).toThrow(/disagrees with finite differences: 1 of 2 .* at \[1\]/);
});

test("checkTensorGradients accepts autograd and finds a wrong custom gradient", () => {
  const a = tf.tensor2d([0.3, -1.2, 0.8, 0.5], [2, 2]);
  const b = tf.tensor2d([1, 0.4], [2, 1]);
  checkTensorGradients((x, y) => tf.matMul(x!, y!).tanh().sum(), [a, b]);
  const wrongTriple = tf.customGrad((x) => ({
    value: (x as tf.Tensor).mul(3), // tf.customGrad passes the inputs, then a function that saves tensors
    gradFunc: (dy: tf.Tensor) => dy.mul(3.1),
  }));
  expect(() => checkTensorGradients((x) => wrongTriple(x!).sum(), [a])).toThrow("the gradient of input 0 disagrees");
  tf.dispose([a, b]);
});
