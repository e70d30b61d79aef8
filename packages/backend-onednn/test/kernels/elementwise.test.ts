/** Operations without neighbours against the JavaScript backend: values, shapes, what is not finite. */
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { array, expectParity, type Numbers, usePooled } from "../support/parity.js";

beforeAll(usePooled);

/** 2 units in the last place, and the smallest denormal numbers. */
const ULPS = { rtol: 2.4e-7, atol: 3e-45 };

type Unary = (x: tf.Tensor) => tf.Tensor;
const unary: Record<string, [Unary, Numbers?]> = {
  relu: [tf.relu],
  relu6: [tf.relu6, { from: -8, to: 8 }],
  leakyRelu: [(x) => tf.leakyRelu(x, 0.1)],
  elu: [tf.elu],
  sigmoid: [tf.sigmoid, { from: -110, to: 30 }],
  tanh: [tf.tanh],
  softplus: [tf.softplus, { from: -20, to: 20 }],
  abs: [tf.abs],
  neg: [tf.neg],
  square: [tf.square],
  sqrt: [tf.sqrt],
  rsqrt: [tf.rsqrt],
  reciprocal: [tf.reciprocal],
  exp: [tf.exp, { from: -110, to: 90 }],
  expm1: [tf.expm1],
  log: [tf.log, { from: -1, to: 20 }],
  log1p: [tf.log1p, { from: -1.2, to: 4 }],
  step: [(x) => tf.step(x, 0.25)],
  sign: [tf.sign],
  clip: [(x) => tf.clipByValue(x, -1, 1.5)],
  floor: [tf.floor],
  ceil: [tf.ceil],
};

describe("unary", () => {
  for (const [name, [f, numbers]] of Object.entries(unary)) {
    it(name, async () => {
      // cpu's elu and softplus lose relative precision around 0 and -14.
      const tolerance = name === "elu" || name === "softplus" ? { rtol: 1e-6, atol: 2e-7 } : ULPS;
      for (const length of [0, 1, 7, 16, 1000, 40_001]) {
        const values = array([length], length, { ...numbers, special: true });
        await expectParity(() => f(tf.tensor1d(values)), tolerance);
      }
    });
  }

  it("swish", async () => {
    const x = tf.tensor1d(array([1000], 1));
    const swish = tf.engine().runKernel("Swish", { x }) as tf.Tensor;
    expect(swish).toBeAllClose(tf.mul(x, tf.sigmoid(x)), { rtol: 3e-7, atol: 1e-12 });
  });
});

const arithmetic: Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
  pow: tf.pow,
  equal: tf.equal,
  notEqual: tf.notEqual,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
};

/** Pairs of shapes that go together: one shape, of which either side has some axes of length 1 or lacks the first. */
const shapes = fc
  .array(fc.integer({ min: 1, max: 9 }), { minLength: 0, maxLength: 6 })
  .chain((shape) =>
    fc.tuple(
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: shape.length, maxLength: shape.length }),
      fc.integer({ min: 0, max: shape.length }),
      fc.boolean(),
      fc.constant(shape),
    ),
  )
  .map(([masks, dropped, swapped, shape]) => {
    const a = shape.map((size, axis) => (masks[axis]! === 0 ? 1 : size));
    const b = shape.map((size, axis) => (masks[axis]! === 1 ? 1 : size)).slice(dropped);
    return swapped ? ([b, a] as const) : ([a, b] as const);
  });

const large: [number[], number[]][] = [
  [[2, 33, 31, 16], [16]],
  [
    [2, 33, 31, 3],
    [1, 1, 1, 3],
  ],
  [
    [3, 17, 19, 40],
    [3, 1, 1, 40],
  ],
  [
    [2, 1, 1, 400],
    [2, 7, 9, 400],
  ],
  [[70_001], []],
  [[129, 257], [257]],
  [
    [129, 1],
    [1, 300],
  ],
];

describe("binary", () => {
  for (const [name, f] of Object.entries(arithmetic)) {
    it(name, async () => {
      const check = ([a, b]: readonly [number[], number[]]) => {
        const numbers = name === "pow" ? { from: 0, to: 3, special: true } : { special: true };
        const [x, y] = [array(a, 1, numbers), array(b, 2, numbers)];
        return expectParity(() => f(tf.tensor(x, a), tf.tensor(y, b)), ULPS);
      };
      await fc.assert(fc.asyncProperty(shapes, check), { seed: 7, numRuns: 25 });
      for (const pair of large) await check(pair);
    });
  }

  it("powers with a constant exponent", async () => {
    const x = array([5000], 3, { special: true });
    for (const exponent of [0, 0.5, 1, 2, 3, -1, -2.5, Number.NaN, Infinity]) {
      await expectParity(() => tf.pow(tf.tensor1d(x), tf.scalar(exponent)), ULPS);
    }
    await expectParity(() => tf.pow(tf.tensor1d([1, -1, 1]), tf.tensor1d([Number.NaN, Infinity, -Infinity])));
  });

  it("empty tensors", () => {
    const [none, one] = [new Float32Array(0), Float32Array.of(1, 2, 3)];
    return expectParity(() => tf.add(tf.tensor2d(none, [0, 3]), tf.tensor1d(one)), { native: false });
  });

  it("refuses shapes that do not go together", () => {
    expect(() => tf.add(tf.zeros([2, 3]), tf.zeros([2]))).toThrow();
  });
});

describe("others", () => {
  it("addN", async () => {
    for (const shape of [[], [3, 5], [50_001]]) {
      const values = [1, 2, 3].map((seed) => array(shape, seed, { special: true }));
      await expectParity(() => tf.addN(values.map((x) => tf.tensor(x, shape))));
    }
  });

  it("select", async () => {
    const [a, b] = [array([301, 70], 1, { special: true }), array([301, 70], 2)];
    const shape: [number, number] = [301, 70];
    await expectParity(() => tf.where(tf.greater(tf.tensor(a, shape), 0.5), tf.tensor(a, shape), tf.tensor(b, shape)));
  });

  it("constants", () => expectParity(() => [tf.fill([9, 7], 2.5), tf.zerosLike(tf.ones([3])), tf.ones([5000])]));

  it("casts", async () => {
    const floats = array([40_003], 4, { from: -5e9, to: 5e9, special: true });
    const small = array([1001], 5, { from: -2, to: 2 });
    await expectParity(() => [
      tf.cast(tf.tensor1d(floats), "int32"),
      tf.cast(tf.tensor1d(small), "int32"),
      tf.cast(tf.tensor1d(floats), "bool"),
      tf.cast(tf.tensor1d(Int32Array.from(small), "int32"), "float32"),
      tf.cast(tf.greater(tf.tensor1d(small), 0), "float32"),
      tf.add(tf.cast(tf.tensor1d([1, 2], "int32"), "float32"), 0.5),
    ]);
  });
});
