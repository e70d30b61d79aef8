/**
 * Gradients on this backend: of every operation that networks use, against finite differences and against those of the
 * JavaScript backend; gradients of gradients; and whole small networks.
 */
import "@tensorflow/tfjs";
import "@roga/test-support";
import { batchNormTraining, swish } from "@roga/ops";
import { checkTensorGradients } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BACKEND } from "../../src/register.js";
import { array } from "../support/parity.js";
import { usePooledBackend } from "../support/pooled-backend.js";

type F = (...x: tf.Tensor[]) => tf.Tensor;

interface Operation {
  readonly f: F;
  readonly shapes: number[][];
  /** The distance of finite differences: larger where f is linear in every value and its sums have many terms. */
  readonly step?: number;
  /** Values of the inputs; by default from −3 to 3, none of them near 0 or another integer. */
  readonly values?: (shape: number[], index: number) => Float32Array;
}

/** From −3 to 3, at least 0.05 away from every integer, where activations and clipping have kinks, and from each other. */
function apart(shape: number[], index: number): Float32Array {
  const random = array(shape, 11 + index, { from: 0, to: 1 });
  const order = [...random.keys()].sort((i, j) => random[i]! - random[j]!);
  const values = new Float32Array(random.length);
  order.forEach((at, rank) => {
    const spread = ((rank + 0.5) / random.length) * 6 - 3;
    const [whole, part] = [Math.floor(spread), spread - Math.floor(spread)];
    values[at] = whole + 0.1 + 0.8 * part;
  });
  return values;
}

const above = (least: number) => (shape: number[], index: number) =>
  array(shape, 5 + index, { from: least, to: least + 2 });

const as4D = (x: tf.Tensor | undefined) => x as tf.Tensor4D;
const image = [2, 5, 4, 3];

const unary = (f: F, more: Partial<Operation> = {}): Operation => ({ f, shapes: [[3, 5]], ...more });
const binary = (f: F, more: Partial<Operation> = {}): Operation[] =>
  [
    [
      [3, 5],
      [3, 5],
    ],
    [[2, 3, 4], [4]],
    [
      [2, 1, 4],
      [3, 1],
    ],
    [[], [3]],
  ].map((shapes) => ({ f, shapes, ...more }));
/** For those whose gradients TensorFlow.js has for inputs of one shape only. */
const pair = (f: F, more: Partial<Operation> = {}): Operation => ({
  f,
  shapes: [
    [3, 5],
    [3, 5],
  ],
  ...more,
});
const conv =
  (strides: number, pad: "same" | "valid" | number): F =>
  (x, w) =>
    tf.conv2d(as4D(x), as4D(w), strides, pad);
const depthwise =
  (strides: number, pad: "same" | "valid"): F =>
  (x, w) =>
    tf.depthwiseConv2d(as4D(x), as4D(w), strides, pad);

const operations: Record<string, Operation | Operation[]> = {
  relu: unary((x) => tf.relu(x!)),
  relu6: unary((x) => tf.relu6(tf.mul(x!, 3))),
  leakyRelu: unary((x) => tf.leakyRelu(x!, 0.1)),
  elu: unary((x) => tf.elu(x!), {}),
  sigmoid: unary((x) => tf.sigmoid(x!)),
  tanh: unary((x) => tf.tanh(x!)),
  swish: unary((x) => swish(x!), {}),
  softplus: unary((x) => tf.softplus(x!)),
  abs: unary((x) => tf.abs(x!)),
  neg: unary((x) => tf.neg(x!)),
  square: unary((x) => tf.square(x!)),
  sqrt: unary((x) => tf.sqrt(x!), { values: above(0.5) }),
  rsqrt: unary((x) => tf.rsqrt(x!), { values: above(0.5) }),
  reciprocal: unary((x) => tf.reciprocal(x!), { values: above(0.7) }),
  exp: unary((x) => tf.exp(x!)),
  expm1: unary((x) => tf.expm1(x!)),
  log: unary((x) => tf.log(x!), { values: above(0.5) }),
  log1p: unary((x) => tf.log1p(x!), { values: above(0.5) }),
  clip: unary((x) => tf.clipByValue(x!, -1, 2)),
  step: unary((x) => tf.step(x!)),
  floor: unary((x) => tf.mul(tf.floor(x!), x!)),
  add: binary((a, b) => tf.add(a!, b!)),
  sub: binary((a, b) => tf.sub(a!, b!)),
  mul: binary((a, b) => tf.mul(a!, b!)),
  div: binary((a, b) => tf.div(a!, b!), { values: above(0.7) }),
  maximum: pair((a, b) => tf.maximum(a!, b!), {
    values: (shape, index) => apart(shape, index).map((x) => x + 0.03 * index),
  }),
  minimum: pair((a, b) => tf.minimum(a!, b!), {
    values: (shape, index) => apart(shape, index).map((x) => x + 0.03 * index),
  }),
  squaredDifference: pair((a, b) => tf.squaredDifference(a!, b!)),
  pow: binary((a, b) => tf.pow(a!, b!), { values: above(0.6) }),
  prelu: { f: (x, a) => tf.prelu(x!, a!), shapes: [[4, 3], [3]] },
  addN: {
    f: (...x) => tf.addN(x),
    shapes: [
      [3, 4],
      [3, 4],
      [3, 4],
    ],
  },
  where: { f: (a, b) => tf.where(tf.tensor1d([1, 0, 0, 1, 1], "bool"), a!, b!), shapes: [[5], [5]] },
  sum: [
    unary((x) => tf.sum(x!)),
    unary((x) => tf.sum(x!, 0)),
    unary((x) => tf.sum(x!, 1, true)),
    { f: (x) => tf.sum(x!, [1, 2]), shapes: [image] },
  ],
  mean: [unary((x) => tf.mean(x!)), unary((x) => tf.mean(x!, 0)), { f: (x) => tf.mean(x!, [1, 2]), shapes: [image] }],
  max: [unary((x) => tf.max(x!)), unary((x) => tf.max(x!, 1)), { f: (x) => tf.max(x!, [1, 2]), shapes: [image] }],
  min: unary((x) => tf.min(x!, 1)),
  prod: { f: (x) => tf.prod(x!, 1), shapes: [[3, 4]], values: above(0.5) },
  softmax: { f: (x) => tf.softmax(x!), shapes: [[3, 7]] },
  logSoftmax: { f: (x) => tf.logSoftmax(x!), shapes: [[3, 7]] },
  crossEntropy: { f: (x) => tf.mul(tf.oneHot([0, 2, 1], 3), tf.logSoftmax(x!)), shapes: [[3, 3]] },
  matMul: [
    {
      f: (a, b) => tf.matMul(a!, b!),
      shapes: [
        [3, 4],
        [4, 5],
      ],
    },
    {
      f: (a, b) => tf.matMul(a!, b!, true, true),
      shapes: [
        [4, 3],
        [5, 4],
      ],
    },
    {
      f: (a, b) => tf.matMul(a!, b!, false, true),
      shapes: [
        [2, 3, 4],
        [2, 5, 4],
      ],
    },
  ],
  dense: {
    f: (x, w, b) => tf.fused.matMul({ a: x as tf.Tensor2D, b: w as tf.Tensor2D, bias: b!, activation: "relu" }),
    shapes: [[3, 4], [4, 5], [5]],
  },
  conv2d: [
    { f: conv(1, "same"), step: 0.02, shapes: [image, [3, 3, 3, 4]] },
    { f: conv(2, "same"), step: 0.02, shapes: [image, [3, 3, 3, 4]] },
    { f: conv(2, "valid"), step: 0.02, shapes: [image, [3, 2, 3, 2]] },
    { f: conv(1, 1), step: 0.02, shapes: [image, [1, 1, 3, 4]] },
    { f: conv(1, "same"), step: 0.02, shapes: [image, [1, 1, 3, 4]] },
    { f: conv(2, "same"), step: 0.02, shapes: [image, [1, 1, 3, 4]] },
  ],
  fusedConv2d: {
    f: (x, w, b) =>
      tf.fused.conv2d({ x: as4D(x), filter: as4D(w), strides: 2, pad: "same", bias: b!, activation: "relu6" }),
    shapes: [image, [3, 3, 3, 4], [4]],
  },
  depthwiseConv2d: [
    { f: depthwise(1, "same"), step: 0.02, shapes: [image, [3, 3, 3, 1]] },
    { f: depthwise(2, "same"), step: 0.02, shapes: [image, [3, 3, 3, 1]] },
    {
      f: depthwise(2, "valid"),
      shapes: [
        [1, 9, 8, 2],
        [5, 5, 2, 1],
      ],
    },
    { f: depthwise(1, "same"), step: 0.02, shapes: [image, [3, 3, 3, 2]] },
  ],
  separableConv2d: {
    f: (x, d, p) => tf.separableConv2d(as4D(x), as4D(d), as4D(p), 1, "same"),
    step: 0.02,
    shapes: [image, [3, 3, 3, 1], [1, 1, 3, 4]],
  },
  maxPool: [
    { f: (x) => tf.maxPool(as4D(x), 2, 2, "same"), shapes: [image] },
    { f: (x) => tf.maxPool(as4D(x), 3, 2, "valid"), shapes: [[1, 7, 5, 2]] },
    { f: (x) => tf.maxPool(as4D(x), 3, 1, 1), shapes: [[1, 4, 5, 2]] },
  ],
  // Without padding: TensorFlow.js' gradient divides by the size of the window, also where less of it is in the image.
  avgPool: [
    { f: (x) => tf.avgPool(as4D(x), 2, 2, "same"), shapes: [[2, 6, 4, 3]] },
    { f: (x) => tf.avgPool(as4D(x), 3, 2, "valid"), shapes: [[1, 7, 5, 2]] },
  ],
  batchNorm: {
    f: (x, m, v, o, s) =>
      tf.batchNorm(x!, m as tf.Tensor1D, tf.exp(v!) as tf.Tensor1D, o as tf.Tensor1D, s as tf.Tensor1D),
    shapes: [[4, 3], [3], [3], [3], [3]],
  },
  batchNormTraining: (["linear", "relu", "relu6", "swish"] as const).map((activation) => ({
    f: (x, gamma, beta) => batchNormTraining(x!, gamma!, beta!, { activation }).y,
    shapes: [[6, 2], [2], [2]],
    // Far from the kinks of the activations, whatever h is.
    values: (shape, index) => (index === 0 ? apart(shape, 3) : Float32Array.of([1.4, -1.3][index - 1]!, 0.9 * index)),
  })),
  resizeBilinear: [
    { f: (x) => tf.image.resizeBilinear(as4D(x), [7, 3]), shapes: [[2, 4, 4, 3]] },
    { f: (x) => tf.image.resizeBilinear(as4D(x), [2, 3], true), shapes: [[2, 4, 4, 3]] },
  ],
  transpose: { f: (x) => tf.transpose(x!, [0, 2, 3, 1]), shapes: [image] },
  pad: {
    f: (x) =>
      tf.pad(x!, [
        [0, 1],
        [2, 0],
      ]),
    shapes: [[3, 4]],
  },
  slice: { f: (x) => tf.slice(x!, [1, 0], [2, 3]), shapes: [[3, 4]] },
  concat: {
    f: (a, b) => tf.concat([a!, b!], 1),
    shapes: [
      [3, 4],
      [3, 2],
    ],
  },
  stack: {
    f: (a, b) => tf.stack([a!, b!], 1),
    shapes: [
      [3, 4],
      [3, 4],
    ],
  },
  split: { f: (x) => tf.mul(...(tf.split(x!, 2, 1) as [tf.Tensor, tf.Tensor])), shapes: [[3, 4]] },
  tile: { f: (x) => tf.tile(x!, [2, 3]), shapes: [[3, 4]] },
  reshape: { f: (x) => tf.reshape(x!, [4, 3]), shapes: [[3, 4]] },
  gather: { f: (x) => tf.gather(x!, tf.tensor1d([2, 0, 2], "int32")), shapes: [[3, 4]] },
};

beforeAll(async () => {
  tf.env().set("IS_TEST", true);
  usePooledBackend();
  await tf.setBackend(BACKEND);
});
afterAll(() => tf.setBackend("cpu"));

/** A scalar that depends on every value of f's result differently. */
function weighted(f: F): (...x: tf.Tensor[]) => tf.Scalar {
  return (...x) => {
    const y = f(...x);
    const weights = tf.tensor(array(y.shape, 99, { from: 0.5, to: 1.5 }), y.shape);
    return tf.sum(tf.mul(y, weights)) as tf.Scalar;
  };
}

const inputsOf = ({ shapes, values = apart }: Operation) =>
  shapes.map((shape, index) => tf.tensor(values(shape, index), shape, "float32"));

/** What `compute` gives on a backend. */
async function on(backend: string, compute: () => tf.Tensor[]): Promise<number[][]> {
  await tf.setBackend(backend);
  const before = tf.memory();
  const results = tf.tidy(() => compute().map((tensor) => [...tensor.dataSync()]));
  // Nothing is left behind.
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  return results;
}

async function expectSame(compute: () => tf.Tensor[], tolerance = { rtol: 1e-5, atol: 1e-5 }): Promise<void> {
  const expected = await on("cpu", compute);
  const actual = await on(BACKEND, compute);
  expected.forEach((values, index) => {
    expect(actual[index]).toBeAllClose(values, tolerance);
  });
}

describe.each(Object.entries(operations))("%s", (_, listed) => {
  const list = [listed].flat();
  test("is what finite differences say", async () => {
    await tf.setBackend(BACKEND);
    for (const operation of list) {
      const { f, step = 5e-3 } = operation;
      tf.tidy(() => checkTensorGradients(weighted(f), inputsOf(operation), { step }));
    }
  });

  test("is what the JavaScript backend gives", async () => {
    for (const operation of list) {
      await expectSame(() => tf.grads(weighted(operation.f))(inputsOf(operation)));
    }
  });

  test("is differentiated again as the JavaScript backend does, or as little", async () => {
    for (const { f, ...operation } of list) {
      // A square, so that the gradient depends on the inputs also where f is linear.
      const slopes: F = (...x) => {
        const gradients = tf.grads(weighted((...inputs) => tf.square(f(...inputs))))(x);
        return tf.addN(gradients.map((gradient) => tf.sum(tf.square(gradient))));
      };
      const twice = () => tf.grads(weighted(slopes))(inputsOf({ f, ...operation }));
      const refusal = await on("cpu", twice).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (refusal === undefined) await expectSame(twice, { rtol: 1e-4, atol: 1e-3 });
      else await expect(on(BACKEND, twice)).rejects.toThrow(refusal);
    }
  });
});
