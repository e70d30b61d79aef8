import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import {
  type Algorithm,
  type DomainLoss,
  erm,
  type JointMicroBatch,
  type LossPass,
  type MicroBatch,
  roga,
  StepContextError,
  sgd,
} from "@roga/optimizer";
import { stream } from "@roga/tensor-utils/random";
import { expectNoTensorLeak, useTestEngine } from "@roga/test-support";
import * as layers from "@tensorflow/tfjs-layers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { commonDefaults, type ResolvedCommonOptions } from "../src/step/common-options.js";
import type { Passes } from "../src/step/passes.js";
import { createAlgorithm } from "../src/step/step.js";
import { bits, capture } from "./support/probes.js";

/** Samples of the micro-batches of each domain, of unequal sizes. */
const SIZES: Record<string, readonly number[]> = { a: [3, 1, 4], b: [2, 2, 4], c: [8] };
const FEATURES = 5;

let variables: tf.Variable[];
let data: Record<string, { x: tf.Tensor2D; y: tf.Tensor1D }>;

beforeEach(async () => {
  await useTestEngine();
  const draw = stream(11, "micro-batches");
  const normals = (count: number) => Array.from({ length: count }, () => draw.normal());
  variables = [
    tf.tidy(() => tf.variable(tf.tensor2d(normals(FEATURES * 3), [FEATURES, 3]))),
    tf.tidy(() => tf.variable(tf.tensor2d(normals(3), [3, 1]))),
  ];
  data = Object.fromEntries(
    Object.keys(SIZES).map((name) => [
      name,
      { x: tf.tensor2d(normals(8 * FEATURES), [8, FEATURES]), y: tf.tensor1d([0, 1, 0, 1, 1, 1, 0, 0]) },
    ]),
  );
});
afterEach(() => tf.dispose([variables, data]));

const mean = (x: tf.Tensor2D, y: tf.Tensor1D): tf.Scalar => {
  const z = tf.squeeze(tf.matMul(tf.tanh(tf.matMul(x, variables[0] as tf.Tensor2D)), variables[1] as tf.Tensor2D), [1]);
  return tf.losses.sigmoidCrossEntropy(y, z as tf.Tensor1D) as tf.Scalar;
};
const whole =
  (name: string): DomainLoss =>
  () =>
    mean(data[name]!.x, data[name]!.y);
const part = (name: string, from: number, size: number) =>
  mean(tf.slice(data[name]!.x, [from, 0], [size, FEATURES]), tf.slice(data[name]!.y, [from], [size]));
const offset = (sizes: readonly number[], index: number) => sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
const split = (name: string): MicroBatch[] =>
  SIZES[name]!.map((samples, index) => ({ samples, loss: () => part(name, offset(SIZES[name]!, index), samples) }));
const names = Object.keys(SIZES);
const jointWhole = () => Object.fromEntries(names.map((name) => [name, mean(data[name]!.x, data[name]!.y)]));
const jointSplit: JointMicroBatch[] = [
  [3, 1, 4],
  [5, 7, 4],
].map((sizes, index) => ({
  samples: Object.fromEntries(names.map((name, k) => [name, sizes[k]!])),
  losses: () =>
    Object.fromEntries(names.map((name, k) => [name, part(name, index === 0 ? 0 : 8 - sizes[k]!, sizes[k]!)])),
}));

const algorithms: [string, () => Algorithm][] = [
  ["erm", () => erm({ weights: { a: 1, b: 2, c: 5 } })],
  ["erm, mixed", () => erm({ batchNormPass: "mixed" })],
  ["roga", () => roga({ rho: 0.3, alpha: 0.05 })],
  ["roga, alpha 0", () => roga({ rho: 0.3, alpha: 0 })],
  ["roga, all", () => roga({ rho: 0.3, alpha: 0.05, perturbedLoss: "all" })],
  ["roga, shared", () => roga({ rho: 0.3, alpha: 0.05, ascent: "shared" })],
  ["roga, mixed", () => roga({ rho: 0.3, alpha: 0.05, batchNormPass: "mixed", weights: { a: 1, b: 2, c: 5 } })],
];

test.each(algorithms)("%s: micro-batches are one large batch but for rounding", async (_, create) => {
  const [large, small] = [capture(), capture()];
  const context = { variables, baseOptimizer: large };
  const record = await create().step({
    ...context,
    domainLosses: Object.fromEntries(names.map((name) => [name, whole(name)])),
    jointLosses: jointWhole,
  });
  const split2 = await expectNoTensorLeak(() =>
    create().step({
      ...context,
      baseOptimizer: small,
      domainLosses: Object.fromEntries(names.map((name) => [name, split(name)])),
      jointLosses: jointSplit,
    }),
  );
  for (const [i, g] of large.gradients.entries()) {
    expect(small.gradients[i]!).toBeAllClose(g, { rtol: 2e-5, atol: 5e-7 });
  }
  expect(split2.forwardBackwards).toBe(record.forwardBackwards);
  expect(split2.loss).toBeAllClose(record.loss, { rtol: 1e-6 });
  for (const name of names) expect(split2.domainLosses[name]!).toBeAllClose(record.domainLosses[name]!, { rtol: 1e-6 });
  if (record.perturbedLoss !== undefined) {
    expect(split2.perturbedLoss!).toBeAllClose(record.perturbedLoss, { rtol: 1e-6 });
  }
});

test("a lone micro-batch is a lone closure, bit for bit", async () => {
  const [closure, micro] = [capture(), capture()];
  await roga().step({ variables, baseOptimizer: closure, domainLosses: { a: whole("a") } });
  await roga().step({ variables, baseOptimizer: micro, domainLosses: { a: [{ loss: whole("a"), samples: 8 }] } });
  expect(micro.gradients).toEqual(closure.gradients);
});

test("one forward-backward for each micro-batch in every pass, and one buffer more however many there are", async () => {
  const many = Array.from({ length: 100 }, (_, i) => tf.tidy(() => tf.variable(tf.tensor1d([i / 10 + 1, 2]))));
  const observe = async (count: number, algorithm: Algorithm) => {
    let [calls, most, base] = [0, 0, 0];
    const loss: DomainLoss = () => {
      calls += 1;
      most = Math.max(most, Math.floor((tf.memory().numDataBuffers - base) / many.length));
      return tf.sum(tf.sin(tf.stack(many))) as tf.Scalar;
    };
    const batches = Array.from({ length: count }, () => ({ loss, samples: 2 }));
    base = tf.memory().numDataBuffers;
    const { forwardBackwards } = await algorithm.step({
      variables: many,
      domainLosses: { a: batches, b: batches },
      baseOptimizer: capture(),
    });
    return { calls, most, forwardBackwards };
  };
  for (const [create, passes] of [
    [() => erm(), 1],
    [() => roga(), 2],
    [() => roga({ alpha: 0 }), 2],
    [() => roga({ perturbedLoss: "all" }), 3],
  ] as const) {
    const algorithm = create();
    const buffers = algorithm.parameterBuffers(2);
    expect(await observe(1, create())).toEqual({ calls: 2 * passes, most: buffers, forwardBackwards: passes });
    for (const count of [2, 5, 9]) {
      const seen = await observe(count, create());
      expect(seen).toEqual({ calls: 2 * count * passes, most: buffers + 1, forwardBackwards: passes });
    }
  }
  tf.dispose(many);
});

describe("random numbers", () => {
  test("belong to the micro-batch, and are the same in all passes of a step", async () => {
    const seen: { index: number; pass: LossPass }[] = [];
    const batches = [0, 1, 2].map((index) => ({
      samples: 8,
      loss: (pass: LossPass) => {
        seen.push({ index, pass });
        return whole("a")(pass);
      },
    }));
    await roga().step({ variables, domainLosses: { a: batches }, baseOptimizer: capture() });
    const of = (kind: string) =>
      seen.filter(({ pass }) => pass.kind === kind).map(({ index, pass }) => [index, pass.seed]);
    expect(of("clean").map(([index]) => index)).toEqual([0, 1, 2]);
    expect(of("perturbed")).toEqual(of("clean"));
    expect(new Set(of("clean").map(([, seed]) => seed)).size).toBe(3);
    expect(of("clean")[0]![1]).toBe(stream(0, "loss", 0, "domain", "a").seed32());
  });
});

test("batch-norm statistics move once for each micro-batch of the clean pass, and in no perturbed pass", async () => {
  const normalization = layers.layers.batchNormalization({ inputShape: [FEATURES], momentum: 0.5 });
  const model = layers.sequential({ layers: [normalization, layers.layers.dense({ units: 1 })] });
  const trainable = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const buffers = model.nonTrainableWeights.map((weight) => weight.read() as tf.Variable);
  const { x, y } = data.a!;
  const parts = [0, 4].map((from) =>
    tf.tidy(() => [tf.slice(x, [from, 0], [4, FEATURES]), tf.slice(y, [from], [4])] as const),
  );
  const batches: MicroBatch[] = parts.map(([images, labels]) => ({
    samples: 4,
    loss: () => {
      const z = tf.squeeze(model.apply(images, { training: true }) as tf.Tensor, [1]);
      return tf.losses.sigmoidCrossEntropy(labels as tf.Tensor1D, z as tf.Tensor1D) as tf.Scalar;
    },
  }));
  const initial = bits(buffers);
  const expected = tf.tidy(() => {
    const [first, second] = parts.map(([images]) => tf.mean(images, 0));
    return tf.add(tf.mul(first!, 0.25), tf.mul(second!, 0.5)); // from 0, by halves
  });
  await roga({ rho: 0.3 }).step({
    variables: trainable,
    buffers,
    domainLosses: { a: batches },
    baseOptimizer: sgd({ learningRate: 0 }),
  });
  expect(bits(buffers)).not.toEqual(initial);
  expect(buffers[0]!).toBeAllClose(expected, { rtol: 1e-5, atol: 1e-6 });
  tf.dispose([parts, expected]);
  model.dispose();
});

test("a micro-batch that throws leaves nothing changed and nothing behind", async () => {
  const before = bits(variables);
  const broken: MicroBatch = {
    samples: 1,
    loss: (pass) => {
      if (pass.kind === "perturbed") throw new RangeError("no part");
      return part("a", 0, 1);
    },
  };
  const context = { variables, domainLosses: { a: [...split("a"), broken] }, baseOptimizer: sgd() };
  await expectNoTensorLeak(async () => {
    await expect(roga().step(context)).rejects.toThrow("no part");
  });
  expect(bits(variables)).toEqual(before);
});

test("an objective that is no mean over samples refuses micro-batches", async () => {
  const rule = {
    name: "coupled",
    forwardBackwardsPerSample: () => 1,
    parameterBuffers: () => 0,
    gradient: (passes: Passes) => passes.cleanJoint((outputs) => tf.square(tf.addN(outputs.map(({ loss }) => loss)))),
  };
  const coupled = (options: Partial<ResolvedCommonOptions> = {}) =>
    createAlgorithm(rule, { ...commonDefaults, ...options });
  const context = { variables, baseOptimizer: capture() };
  await coupled().step({ ...context, domainLosses: { a: whole("a"), b: [{ loss: whole("b"), samples: 8 }] } });
  const own = coupled().step({ ...context, domainLosses: { a: whole("a"), b: split("b") } });
  await expect(own).rejects.toThrow('domainLosses: domain "b" must come as one batch, got micro-batches');
  const domainLosses = Object.fromEntries(names.map((name) => [name, whole(name)]));
  const joint = coupled({ batchNormPass: "mixed" }).step({ ...context, domainLosses, jointLosses: jointSplit });
  await expect(joint).rejects.toThrow(StepContextError);
});
