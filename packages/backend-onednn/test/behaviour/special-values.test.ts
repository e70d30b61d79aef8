/**
 * What is not finite, and zeros of either sign, in operations that choose between values: the same bits as on the
 * JavaScript backend, alone and behind a convolution in the same kernel.
 */
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OnednnBackend } from "../../src/backend.js";
import { BACKEND } from "../../src/register.js";
import { array, usePooled } from "../support/parity.js";

beforeAll(usePooled);
afterAll(() => tf.setBackend("cpu"));

const SPECIAL = [Number.NaN, Infinity, -Infinity, 0, -0, 1e-40, -1e-40, 3e38, -3e38, 1, -1, 6, 6.5, 7, -7];

/** The special values again and again, so that whole vectors and what is left behind them have all of them. */
const repeated = (length: number, shift = 0) =>
  Float32Array.from(
    { length },
    (_, index) => SPECIAL[(index + shift * Math.floor(index / SPECIAL.length)) % SPECIAL.length]!,
  );

/** What `compute` gives on a backend; on this one it has to be computed natively. */
async function on(backend: string, compute: () => tf.Tensor): Promise<number[]> {
  await tf.setBackend(backend);
  const calls = () => (backend === BACKEND ? (tf.backend() as OnednnBackend).addon.kernelCalls() : 0);
  const before = calls();
  const values = tf.tidy(() => [...compute().dataSync()]);
  if (backend === BACKEND) expect(calls()).toBeGreaterThan(before);
  return values;
}

/** Says where a value differs, with the sign of a zero and NaN as `Object.is` has them. */
async function expectIdentical(compute: () => tf.Tensor, inputs: (index: number) => number[] = () => []) {
  const expected = await on("cpu", compute);
  const actual = await on(BACKEND, compute);
  expect(actual.length).toBe(expected.length);
  const wrong = expected.flatMap((value, index) =>
    Object.is(actual[index], value) ? [] : [{ of: inputs(index), gives: actual[index], instead: value }],
  );
  expect(wrong).toEqual([]);
}

const LENGTHS = [1, 7, 16, 33, 1000];

const unary: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  relu: tf.relu,
  relu6: tf.relu6,
  "clip to [−1, 6]": (x) => tf.clipByValue(x, -1, 6),
  "clip to [0, 1]": (x) => tf.clipByValue(x, 0, 1),
  "clip to [−∞, 0]": (x) => tf.clipByValue(x, -Infinity, 0),
  "clip to [−0, ∞]": (x) => tf.clipByValue(x, -0, Infinity),
};

describe.each(Object.entries(unary))("%s", (_, f) => {
  it.each(LENGTHS)("of %i values", async (length) => {
    const x = repeated(length);
    await expectIdentical(
      () => f(tf.tensor1d(x)),
      (index) => [x[index]!],
    );
  });
});

describe.each(Object.entries({ maximum: tf.maximum, minimum: tf.minimum }))("%s", (_, f) => {
  it("of all pairs", async () => {
    const pairs = SPECIAL.flatMap((a) => SPECIAL.map((b) => [a, b] as const));
    const [a, b] = [0, 1].map((side) => pairs.map((pair) => pair[side]!)) as [number[], number[]];
    const of = (index: number) => [a[index]!, b[index]!];
    await expectIdentical(() => f(tf.tensor1d(a), tf.tensor1d(b)), of);
    await expectIdentical(() => f(tf.tensor2d(SPECIAL, [SPECIAL.length, 1]), tf.tensor1d(SPECIAL)), of);
  });

  it.each(SPECIAL)("with the scalar %d on either side", async (scalar) => {
    const x = repeated(100);
    const of = (index: number) => [x[index]!, scalar];
    await expectIdentical(() => f(tf.tensor1d(x), tf.scalar(scalar)), of);
    await expectIdentical(() => f(tf.scalar(scalar), tf.tensor1d(x)), of);
  });
});

/**
 * Images of which some pixels are not finite, and filters of powers of two: there is no rounding, so that any order of
 * summation gives the same bits.
 */
function images(
  height: number,
  width: number,
  channels: number,
): { shape: [number, number, number, number]; values: Float32Array } {
  const shape: [number, number, number, number] = [2, height, width, channels];
  const values = array(shape, 3).map(Math.round);
  const pixels = values.length / channels;
  [Number.NaN, Infinity, -Infinity, -0, 1e30].forEach((value, index) => {
    const pixel = Math.floor(((index + 0.5) * pixels) / 5);
    values[pixel * channels + ((index * 2) % channels)] = value;
  });
  return { shape, values };
}

/** Without zeros: a product of zero and infinity is not a number. */
const powers = (shape: number[], seed: number) =>
  array(shape, seed).map((value) => Math.sign(value) * 2 ** Math.round(value));

interface Convolution {
  readonly side: number;
  readonly strides: number;
  readonly pad: "same" | "valid";
  readonly size: [height: number, width: number];
  readonly channels: [from: number, to: number];
}

const convolutions: Convolution[] = [
  { side: 1, strides: 1, pad: "same", size: [7, 5], channels: [3, 5] },
  { side: 1, strides: 1, pad: "same", size: [9, 11], channels: [16, 32] },
  { side: 1, strides: 1, pad: "same", size: [9, 11], channels: [33, 70] },
  { side: 1, strides: 2, pad: "same", size: [9, 7], channels: [17, 19] },
  { side: 3, strides: 1, pad: "same", size: [7, 5], channels: [3, 5] },
  { side: 3, strides: 1, pad: "same", size: [9, 11], channels: [16, 32] },
  { side: 3, strides: 1, pad: "valid", size: [9, 11], channels: [33, 18] },
  { side: 3, strides: 2, pad: "same", size: [11, 9], channels: [3, 16] },
];

describe.each(["linear", "relu", "relu6"] as const)("%s in the kernel of", (activation) => {
  it.each(convolutions)("a convolution %j", async ({ side, strides, pad, size, channels: [from, to] }) => {
    const { shape, values } = images(...size, from);
    const filter = powers([side, side, from, to], 5);
    const bias = array([to], 6).map(Math.round);
    for (const withBias of [false, true]) {
      await expectIdentical(() =>
        tf.fused.conv2d({
          x: tf.tensor4d(values, shape),
          filter: tf.tensor4d(filter, [side, side, from, to]),
          strides,
          pad,
          activation,
          ...(withBias && { bias: tf.tensor1d(bias) }),
        }),
      );
    }
  });

  it.each([1, 2])("a depthwise convolution with stride %i", async (strides) => {
    for (const channels of [3, 16, 21]) {
      const { shape, values } = images(9, 11, channels);
      const filter = powers([3, 3, channels, 1], 5);
      await expectIdentical(() =>
        tf.fused.depthwiseConv2d({
          x: tf.tensor4d(values, shape),
          filter: tf.tensor4d(filter, [3, 3, channels, 1]),
          strides,
          pad: "same",
          activation,
          bias: tf.tensor1d(array([channels], 6).map(Math.round)),
        }),
      );
    }
  });

  it("a matrix product", async () => {
    const x = images(3, 5, 19);
    const b = powers([19, 7], 5);
    await expectIdentical(() =>
      tf.fused.matMul({
        a: tf.tensor2d(x.values, [30, 19]),
        b: tf.tensor2d(b, [19, 7]),
        bias: tf.tensor1d(array([7], 6).map(Math.round)),
        activation,
      }),
    );
  });
});
