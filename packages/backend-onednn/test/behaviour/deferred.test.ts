/**
 * Normalizations and activations that are left to what reads them: every reader gets the values that it would have got,
 * whether it applies them itself or not, and whatever happens to the tensor that they are computed from.
 */
import "@tensorflow/tfjs";
import "@roga/test-support";
import { batchNormTraining } from "@roga/ops";
import { expectNoTensorLeak } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OnednnBackend } from "../../src/backend.js";
import { BACKEND } from "../../src/register.js";
import { array, expectParity, usePooled } from "../support/parity.js";

beforeAll(usePooled);
beforeEach(() => tf.setBackend(BACKEND));
afterAll(() => tf.setBackend("cpu"));

const backend = () => tf.backend() as OnednnBackend;
/** A tensor in the pool: a user's array is never left to be read later. */
const input = (shape: number[], seed: number, special = false) =>
  tf.tidy(() => tf.mul(tf.tensor(array(shape, seed, { special }), shape), 1) as tf.Tensor4D);
const channelsOf = (x: tf.Tensor) => x.shape.at(-1)!;
const weights = (shape: number[], seed: number) =>
  tf.tensor4d(array(shape, seed), shape as [number, number, number, number]);
const isDeferred = (x: tf.Tensor) => backend().prologueOf(x) !== undefined;

type Operation = (x: tf.Tensor4D) => tf.Tensor;

const makers: Record<string, Operation> = {
  relu: (x) => tf.relu(x),
  relu6: (x) => tf.relu6(x),
  ...Object.fromEntries(
    (["linear", "relu", "relu6", "swish"] as const).map((activation) => [
      `batch norm, ${activation}`,
      (x: tf.Tensor4D) => {
        const [gamma, beta] = [tf.tensor1d(array([channelsOf(x)], 2)), tf.tensor1d(array([channelsOf(x)], 3))];
        return batchNormTraining(x, gamma, beta, { activation }).y;
      },
    ]),
  ),
  "batch norm and relu": (x) => tf.relu(batchNormTraining(x).y),
};

const depthwise =
  (side: number, strides: number, dilations = 1, pad: "same" | "valid" = "same"): Operation =>
  (x) =>
    tf.depthwiseConv2d(x, weights([side, side, channelsOf(x), 1], 5), strides, pad, "NHWC", dilations);

const readers: Record<string, Operation> = {
  "depthwise 3×3": depthwise(3, 1),
  "depthwise 3×3 / 2": depthwise(3, 2),
  "depthwise 3×3, valid": depthwise(3, 1, 1, "valid"),
  "depthwise 3×3, dilated": depthwise(3, 1, 2),
  "depthwise 5×5": depthwise(5, 1),
  "depthwise 5×5 / 2": depthwise(5, 2),
  "depthwise 2×2": depthwise(2, 1),
  "several filters a channel": (x) => tf.depthwiseConv2d(x, weights([3, 3, channelsOf(x), 2], 5), 1, "same"),
  "fused depthwise": (x) =>
    tf.fused.depthwiseConv2d({
      x,
      filter: weights([3, 3, channelsOf(x), 1], 5),
      strides: 1,
      pad: "same",
      bias: tf.tensor1d(array([channelsOf(x)], 6)),
      activation: "relu",
    }),
  "max pool": (x) => tf.maxPool(x, 3, 2, "same"),
  "max pool, valid": (x) => tf.maxPool(x, 2, 2, "valid"),
  "add to the left": (x) => tf.add(x, tf.tensor(array(x.shape, 7), x.shape)),
  "add to the right": (x) => tf.add(tf.tensor(array(x.shape, 7), x.shape), x),
  "add to itself": (x) => tf.add(x, x),
  "add to one that is deferred too": (x) => tf.add(x, tf.relu(tf.mul(x, -1))),
  "add a channel": (x) => tf.add(x, tf.tensor1d(array([channelsOf(x)], 7))),
  "1×1 convolution": (x) => tf.conv2d(x, weights([1, 1, channelsOf(x), 5], 5), 1, "same"),
  "3×3 convolution": (x) => tf.conv2d(x, weights([3, 3, channelsOf(x), 5], 5), 2, "same"),
  mean: (x) => tf.mean(x, [1, 2]),
  concat: (x) => tf.concat([x, x], 3),
  reshape: (x) => tf.mul(tf.reshape(x, [-1]), 2),
  "JavaScript kernel": (x) => tf.cumsum(x, 3),
  twice: (x) => tf.add(depthwise(3, 1)(x), x),
};

/** More rows than a thread keeps, few wide ones, and a single pixel. */
const shapes = [
  [2, 43, 5, 19],
  [3, 7, 9, 33],
  [1, 1, 1, 16],
  [2, 5, 6, 3],
];

/** Readers that shapes are too small for, or whose gradient TensorFlow.js does not have. */
const tooSmall = (name: string, [, height]: number[]) => height! < 3 && name.includes("valid");
const noGradient = (name: string) => name.includes("dilated");

describe.each(Object.entries(makers))("%s", (_, make) => {
  it.each(Object.entries(readers))("read by %s", async (name, read) => {
    for (const shape of shapes) {
      if (tooSmall(name, shape)) continue;
      await expectParity(() => read(make(input(shape, 1)) as tf.Tensor4D), { rtol: 1e-4, atol: 1e-4 });
      if (noGradient(name)) continue;
      const weighted = (x: tf.Tensor) => {
        const y = read(make(x as tf.Tensor4D) as tf.Tensor4D);
        return tf.mul(y, tf.tensor(array(y.shape, 11), y.shape));
      };
      await expectParity(() => tf.grad(weighted)(input(shape, 1)), { rtol: 2e-3, atol: 2e-3 });
    }
  });
});

it("keeps what is not finite", async () => {
  // Without numbers so large that a sum of few overflows in float32: the JavaScript backend sums in double precision.
  const small = (x: tf.Tensor) => tf.where(tf.isFinite(x), tf.clipByValue(x, -9, 9), x) as tf.Tensor4D;
  for (const name of ["depthwise 3×3", "max pool", "add to the left"]) {
    await expectParity(() => readers[name]!(tf.relu(small(input([2, 9, 7, 17], 4, true))) as tf.Tensor4D), {
      rtol: 1e-4,
      atol: 1e-4,
    });
  }
});

it("computes nothing and takes no memory until a kernel needs the values", () => {
  tf.tidy(() => {
    const x = input([2, 9, 7, 17], 1);
    const { inUse } = backend().memory().arena;
    const y = tf.relu(x);
    expect(isDeferred(y)).toBe(true);
    depthwise(3, 1)(y as tf.Tensor4D).dispose();
    tf.maxPool(y as tf.Tensor4D, 3, 2, "same").dispose();
    tf.add(y, x).dispose();
    expect([isDeferred(y), backend().memory().arena.inUse]).toEqual([true, inUse]);
    tf.mul(y, 2).dispose();
    expect([isDeferred(y), backend().memory().arena.inUse > inUse]).toEqual([false, true]);
  });
});

it("outlives the tensor that it is computed from, in that tensor's memory", () => {
  expectNoTensorLeak(() => {
    const before = backend().memory().arena.inUse;
    const x = input([2, 9, 7, 17], 1);
    const expected = Float32Array.from(x.dataSync(), (value) => Math.max(0, value));
    const { inUse } = backend().memory().arena;
    const [y, buffers] = [tf.relu(x), tf.memory().numDataBuffers];
    x.dispose();
    expect(y.dataSync()).toEqual(expected);
    expect(backend().memory().arena.inUse).toBe(inUse);
    expect(tf.memory().numDataBuffers).toBe(buffers - 1);
    y.dispose();
    expect(backend().memory().arena.inUse).toBe(before);
  });
});

it("leaves nothing behind where nobody reads it", () => {
  expectNoTensorLeak(() => {
    const before = backend().memory().arena.inUse;
    tf.tidy(() => void tf.relu(input([2, 9, 7, 17], 1)));
    const [x, buffers] = [input([2, 9, 7, 17], 1), tf.memory().numDataBuffers];
    const y = tf.relu(x);
    x.dispose();
    y.dispose();
    expect([tf.memory().numDataBuffers, backend().memory().arena.inUse]).toEqual([buffers - 1, before]);
  });
});

it("goes to another backend with and without its source", async () => {
  const x = input([2, 9, 7, 17], 1);
  const expected = Float32Array.from(x.dataSync(), (value) => Math.max(0, value));
  const [first, second] = [tf.relu(x), tf.relu(x)];
  await tf.setBackend("cpu");
  expect(tf.add(first, 0).dataSync()).toEqual(expected);
  tf.add(x, 0).dispose(); // moves the source
  await tf.setBackend(BACKEND);
  expect(second.dataSync()).toEqual(expected);
  tf.dispose([x, first, second]);
});

it("is not left for later where a program may write to the array", () => {
  const mine = new Float32Array(2 * 9 * 7 * 17).fill(1);
  const y = tf.relu(tf.tensor(mine, [2, 9, 7, 17]));
  expect(isDeferred(y)).toBe(false);
  mine.fill(5);
  expect(y.dataSync()[0]).toBe(1);
  y.dispose();
});

it("is not changed by an update of its source in place", () => {
  const variable = tf.variable(tf.tidy(() => tf.mul(tf.ones([4, 16]), 3)));
  const y = tf.relu(variable);
  variable.assign(tf.tidy(() => tf.mul(variable, 2)));
  expect(y.dataSync()[0]).toBe(3);
  tf.dispose([variable, y]);
});
