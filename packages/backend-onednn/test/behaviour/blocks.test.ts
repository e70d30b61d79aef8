/**
 * Blocks of the networks that this backend is for, trained for some steps on it and on the JavaScript backend: a
 * squeeze-and-excitation block and a residual block, with sizes that no vector or tile divides.
 */
import "@tensorflow/tfjs";
import "@roga/test-support";
import { batchNormTraining, sgdUpdate, swish } from "@roga/ops";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BACKEND } from "../../src/register.js";
import { array } from "../support/parity.js";
import { usePooledBackend } from "../support/pooled-backend.js";

beforeAll(() => {
  tf.env().set("IS_TEST", true);
  usePooledBackend();
});
afterAll(() => tf.setBackend("cpu"));

type Weights = Readonly<Record<string, tf.Tensor>>;

interface Block {
  readonly input: [batch: number, height: number, width: number, channels: number];
  readonly shapes: Readonly<Record<string, number[]>>;
  /** From images to features `[batch, channels]`. */
  readonly features: (x: tf.Tensor4D, weights: Weights) => tf.Tensor;
}

const conv = (x: tf.Tensor, filter: tf.Tensor | undefined, strides: number) =>
  tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, "same");

/** EfficientNet's: depthwise convolution, gate, projection. */
const squeezeAndExcitation: Block = {
  input: [3, 13, 11, 5],
  shapes: {
    expand: [1, 1, 5, 23],
    gamma: [23],
    beta: [23],
    depthwise: [3, 3, 23, 1],
    gamma2: [23],
    beta2: [23],
    squeeze: [1, 1, 23, 3],
    squeezeBias: [3],
    excite: [1, 1, 3, 23],
    exciteBias: [23],
    project: [1, 1, 23, 7],
  },
  features: (x, w) => {
    const expanded = batchNormTraining(conv(x, w.expand, 1), w.gamma, w.beta, { activation: "swish" }).y;
    const separate = tf.depthwiseConv2d(expanded as tf.Tensor4D, w.depthwise as tf.Tensor4D, 2, "same");
    const y = batchNormTraining(separate, w.gamma2, w.beta2, { activation: "swish" }).y;
    const pooled = tf.reshape(tf.mean(y, [1, 2]), [y.shape[0], 1, 1, y.shape[3]]);
    const squeezed = swish(tf.add(conv(pooled, w.squeeze, 1), w.squeezeBias!));
    const gate = tf.sigmoid(tf.add(conv(squeezed, w.excite, 1), w.exciteBias!));
    return tf.mean(conv(tf.mul(y, gate), w.project, 1), [1, 2]);
  },
};

/** Xception's: two convolutions and max pooling beside a 1×1 convolution, both with stride 2. */
const residual: Block = {
  input: [3, 15, 17, 5],
  shapes: {
    first: [3, 3, 5, 19],
    gamma: [19],
    beta: [19],
    depthwise: [3, 3, 19, 1],
    pointwise: [1, 1, 19, 21],
    gamma2: [21],
    beta2: [21],
    shortcut: [1, 1, 5, 21],
    gamma3: [21],
    beta3: [21],
  },
  features: (x, w) => {
    const first = batchNormTraining(conv(x, w.first, 1), w.gamma, w.beta, { activation: "relu" }).y;
    const separable = tf.separableConv2d(first, w.depthwise as tf.Tensor4D, w.pointwise as tf.Tensor4D, 1, "same");
    const second = batchNormTraining(separable as tf.Tensor4D, w.gamma2, w.beta2).y;
    const pooled = tf.maxPool(second, 3, 2, "same");
    const shortcut = batchNormTraining(conv(x, w.shortcut, 2), w.gamma3, w.beta3).y;
    return tf.mean(tf.relu(tf.add(pooled, shortcut)), [1, 2]);
  },
};

/** Losses of some steps, and the weights before and after them. */
async function train(backend: string, { input, shapes, features }: Block, steps: number) {
  await tf.setBackend(backend);
  const before = tf.memory().numTensors;
  const weights: Record<string, tf.Variable> = {};
  for (const [index, [name, shape]] of Object.entries(shapes).entries()) {
    const numbers = name.startsWith("gamma") ? { from: 0.5, to: 1.5 } : { from: -0.5, to: 0.5 };
    weights[name] = tf.tidy(() => tf.variable(tf.tensor(array(shape, 60 + index, numbers), shape), true));
  }
  const x = tf.tensor4d(array(input, 50), input);
  const variables = Object.values(weights);
  const values = () => Object.entries(weights).map(([name, weight]) => [name, [...weight.dataSync()]] as const);
  const untrained = new Map(values());
  let momenta: tf.Tensor[] = variables.map((variable) => tf.zerosLike(variable));
  const losses = Array.from({ length: steps }, () => {
    const { value, grads } = tf.variableGrads(() => {
      const y = features(x, weights);
      return tf.mean(tf.squaredDifference(y, tf.tensor(array(y.shape, 51), y.shape))) as tf.Scalar;
    });
    const gradients = variables.map(({ name }) => grads[name]!);
    momenta = sgdUpdate(variables, gradients, momenta, { learningRate: 0.1, momentum: 0.9 });
    const loss = value.dataSync()[0]!;
    tf.dispose([value, grads]);
    return loss;
  });
  const trained = new Map(values());
  tf.dispose([x, variables, momenta]);
  expect(tf.memory().numTensors).toBe(before);
  return { losses, untrained, trained };
}

describe.each(Object.entries({ squeezeAndExcitation, residual }))("%s", (_, block) => {
  it("trains as it does on the JavaScript backend", async () => {
    const expected = await train("cpu", block, 3);
    const actual = await train(BACKEND, block, 3);
    expect(expected.losses.at(-1)).toBeLessThan(0.95 * expected.losses[0]!);
    expect(actual.losses).toBeAllClose(expected.losses, { rtol: 1e-5, atol: 0 });
    for (const [name, values] of expected.trained) {
      expect(actual.trained.get(name)).toBeAllClose(values, { rtol: 1e-4, atol: 1e-6 });
      const moved = values.map((value, index) => Math.abs(value - expected.untrained.get(name)![index]!));
      expect(Math.max(...moved), name).toBeGreaterThan(1e-3);
    }
  });
});
