/** The fast kernels of the cpu engine against the stock ones, on random shapes and on every case at the edge. */
import "@tensorflow/tfjs";
import { expectNoTensorLeak, useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { installCpuKernels, restoreStockKernels } from "../src/cpu-kernels/index.js";

beforeAll(useTestEngine);
afterEach(restoreStockKernels);

/** Runs `compute` on the stock kernels, then on ours, and expects the same tensors. */
function expectSame(compute: () => tf.Tensor | tf.Tensor[], options = { rtol: 1e-5, atol: 1e-5 }): void {
  tf.tidy(() => {
    restoreStockKernels();
    const stock = [compute()].flat();
    installCpuKernels();
    const fast = [compute()].flat();
    expect(fast.length).toBe(stock.length);
    fast.forEach((tensor, i) => {
      expect(tensor.dtype).toBe(stock[i]!.dtype);
      expect(tensor).toBeAllClose(stock[i]!, { ...options, nonFinite: "equal" });
    });
  });
}

const size = (max: number) => fc.integer({ min: 1, max });
const seeds = fc.integer({ min: 1, max: 1_000_000 });
const uniform = (shape: number[], seed: number) => tf.randomUniform(shape, -1, 1, "float32", seed);
/** Few distinct values, so that a pooling window holds ties. */
const coarse = (shape: number[], seed: number) => tf.round(tf.mul(uniform(shape, seed), 2));

const convolution = fc
  .record({
    batch: size(2),
    height: size(9),
    width: size(9),
    channels: size(5),
    out: size(9),
    kernel: fc.tuple(size(5), size(5)),
    stride: fc.tuple(size(3), size(3)),
    pad: fc.oneof(fc.constantFrom("same" as const, "valid" as const), fc.integer({ min: 0, max: 2 })),
    seed: seeds,
  })
  .filter(({ height, width, kernel, pad }) => {
    const extra = typeof pad === "number" ? 2 * pad : 0;
    // With padding in pixels TensorFlow.js goes by the kernel's height in both directions.
    const least = typeof pad === "number" ? Math.max(...kernel) : kernel[1];
    return pad === "same" || (kernel[0] <= height + extra && least <= width + extra);
  });

describe("convolution", () => {
  it("equals the stock kernels with its gradients for any stride and padding", () => {
    fc.assert(
      fc.property(convolution, ({ batch, height, width, channels, out, kernel, stride, pad, seed }) => {
        const x = uniform([batch, height, width, channels], seed) as tf.Tensor4D;
        const filter = uniform([...kernel, channels, out], seed + 1) as tf.Tensor4D;
        const convolve = (x: tf.Tensor, filter: tf.Tensor) =>
          tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad);
        expectSame(() => {
          const y = convolve(x, filter);
          return [y, ...tf.grads(convolve)([x, filter], uniform(y.shape, seed + 2))];
        });
      }),
      { numRuns: 80 },
    );
  });

  it("equals the stock kernel for any dilation", () => {
    const dilations = fc.tuple(size(3), size(3));
    fc.assert(
      fc.property(size(2), size(3), size(5), dilations, seeds, (batch, channels, out, dilation, seed) => {
        const x = uniform([batch, 9, 8, channels], seed) as tf.Tensor4D;
        const filter = uniform([3, 3, channels, out], seed + 1) as tf.Tensor4D;
        expectSame(() => [
          tf.conv2d(x, filter, 1, "same", "NHWC", dilation),
          tf.conv2d(x, filter, 1, "valid", "NHWC", dilation),
        ]);
      }),
      { numRuns: 30 },
    );
  });

  it("takes an image in several bands of rows", () => {
    const x = uniform([2, 64, 64, 3], 1) as tf.Tensor4D;
    const filter = uniform([3, 3, 3, 8], 2) as tf.Tensor4D;
    expectSame(() => tf.conv2d(x, filter, 1, "same"));
    const dy = uniform([2, 64, 64, 2], 3) as tf.Tensor4D;
    expectSame(() => tf.conv2dTranspose(dy, uniform([5, 5, 8, 2], 4) as tf.Tensor4D, [2, 64, 64, 8], 1, "same"));
  });

  it.each(["linear", "relu", "sigmoid"] as const)("fuses with bias and %s", (activation) => {
    const x = uniform([2, 6, 5, 3], 1) as tf.Tensor4D;
    const filter = uniform([3, 3, 3, 5], 2) as tf.Tensor4D;
    expectSame(() =>
      tf.fused.conv2d({ x, filter, strides: 1, pad: "same", bias: uniform([5], 3) as tf.Tensor1D, activation }),
    );
    expectSame(() => tf.fused.conv2d({ x, filter, strides: 2, pad: "valid", activation }));
  });

  it("leaves channels-first images, integers and empty batches to the stock kernel", () => {
    const filter = uniform([3, 3, 2, 4], 1) as tf.Tensor4D;
    const channelsFirst = uniform([1, 2, 6, 5], 2) as tf.Tensor4D;
    expectSame(() => tf.conv2d(channelsFirst, filter, 1, "same", "NCHW"));
    const integers = tf.tensor4d([1, -2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2], "int32");
    expectSame(() => tf.conv2d(tf.cast(integers, "float32"), filter, 1, "same"));
    expectSame(() => tf.conv2d(tf.zeros([0, 6, 6, 2]) as tf.Tensor4D, filter, 1, "same"));
  });
});

describe("max pooling", () => {
  it("equals the stock kernels with ties, overlaps and any padding", () => {
    const shape = fc.tuple(size(2), size(8), size(8), size(5));
    const pad = fc.constantFrom("same" as const, "valid" as const);
    fc.assert(
      fc.property(shape, size(4), size(3), pad, seeds, (shape, window, stride, pad, seed) => {
        fc.pre(pad === "same" || (shape[1] >= window && shape[2] >= window));
        const x = coarse(shape, seed) as tf.Tensor4D;
        const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, window, stride, pad);
        expectSame(() => {
          const y = pool(x);
          return [y, tf.grad(pool)(x, uniform(y.shape, seed + 1))];
        });
      }),
      { numRuns: 80 },
    );
  });

  it("treats NaN and infinities as the stock kernels do", () => {
    const { NaN: nan, NEGATIVE_INFINITY: low, POSITIVE_INFINITY: high } = Number;
    const x = tf.tensor4d([nan, 1, nan, nan, low, low, 2, high, low, nan, -1, 0], [1, 2, 6, 1]);
    const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, [2, 2], 2, "valid");
    expectSame(() => [pool(x), tf.grad(pool)(x, tf.tensor4d([1, 2, 3], [1, 1, 3, 1]))]);
  });
});

const operators = { add: tf.add, sub: tf.sub, mul: tf.mul, div: tf.div };
/** Two shapes that broadcast: one shape with dimensions of either side set to 1 or cut off in front. */
const broadcast = fc
  .array(fc.tuple(size(4), fc.constantFrom("both", "a", "b")), { minLength: 0, maxLength: 5 })
  .chain((dims) => {
    const a = dims.map(([length, side]) => (side === "b" ? 1 : length));
    const b = dims.map(([length, side]) => (side === "a" ? 1 : length));
    const leading = b.findIndex((length) => length !== 1);
    return fc.record({
      a: fc.constant(a),
      b: fc.constantFrom(b, b.slice(leading < 0 ? b.length : leading)),
      seed: seeds,
    });
  });

describe.each(Object.entries(operators))("%s", (_, operator) => {
  it("equals the stock kernel with its gradients on shapes that broadcast", () => {
    fc.assert(
      fc.property(broadcast, ({ a, b, seed }) => {
        const left = uniform(a, seed);
        const right = tf.add(uniform(b, seed + 1), 2);
        expectSame(() => [operator(left, right), operator(right, left), ...tf.grads(operator)([left, right])]);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps the type of integers and complex numbers, and takes empty tensors", () => {
    expectSame(() => operator(tf.tensor1d([7, 9, -3], "int32"), tf.scalar(2, "int32")));
    expectSame(() => operator(tf.zeros([0, 3]), tf.ones([3])));
    expectSame(() => operator(tf.cast(tf.tensor1d([1, 2], "int32"), "float32"), tf.tensor1d([0.5, 0.25])));
    if (operator !== tf.div) {
      expectSame(() => tf.real(operator(tf.complex([1, 2], [3, 4]), tf.complex([5, 6], [7, 8]))));
    }
  });
});

describe("reductions", () => {
  it("equal the stock kernels over any axes", () => {
    const shape = fc.array(size(4), { minLength: 1, maxLength: 4 });
    const mask = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(shape, mask, fc.boolean(), seeds, (shape, reduced, keepDims, seed) => {
        const axes = shape.map((_, axis) => axis).filter((axis) => reduced[axis]);
        const x = uniform(shape, seed);
        const mean = (x: tf.Tensor) => tf.mean(x, axes, keepDims);
        expectSame(() => [
          tf.sum(x, axes, keepDims),
          mean(x),
          tf.sum(x),
          tf.mean(x),
          tf.grad(mean)(x, uniform(mean(x).shape, seed + 1)),
        ]);
      }),
      { numRuns: 60 },
    );
  });

  it("leave integers, booleans and empty tensors to the stock kernels", () => {
    expectSame(() =>
      tf.sum(
        tf.tensor2d(
          [
            [1, 2],
            [3, 4],
          ],
          [2, 2],
          "int32",
        ),
        0,
      ),
    );
    expectSame(() => tf.sum(tf.tensor1d([true, true, false], "bool")));
    expectSame(() => tf.sum(tf.zeros([0, 3]), 0));
  });

  it("sum a million equal numbers without drift", () => {
    installCpuKernels();
    const x = tf.fill([1_000_000, 1], 0.1);
    expect(tf.sum(x, 0).dataSync()[0]).toBeCloseTo(1e6 * Math.fround(0.1), 2);
    x.dispose();
  });
});

describe("element by element", () => {
  it("relu and step equal the stock kernels, NaN, infinities and signed zeros included", () => {
    const x = tf.tensor1d([Number.NaN, -0, 0, -1, 1, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expectSame(() => [tf.relu(x), tf.step(x), tf.step(x, 0.25)]);
    expectSame(() => tf.relu(tf.tensor1d([-1, 2], "int32")));
  });

  it("tile equals the stock kernel", () => {
    const shape = fc.array(size(3), { minLength: 1, maxLength: 4 });
    const reps = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(shape, reps, seeds, (shape, reps, seed) => {
        const x = uniform(shape, seed);
        expectSame(() => tf.tile(x, reps.slice(0, shape.length)));
        const vector = uniform([...shape.map(() => 1), 3], seed);
        expectSame(() => tf.tile(vector, [...reps.slice(0, shape.length), 1]));
      }),
      { numRuns: 40 },
    );
  });
});

describe("rearrangements", () => {
  it("split equals the stock kernel along any axis", () => {
    const shape = fc.array(size(4), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shape, size(4), size(3), seeds, (shape, axis, parts, seed) => {
        const along = axis % shape.length;
        const whole = shape.with(along, shape[along]! * parts);
        const x = uniform(whole, seed);
        expectSame(() => tf.split(x, parts, along));
        expectSame(() => tf.split(x, [1, whole[along]! - 1, 0], along - shape.length));
      }),
      { numRuns: 40 },
    );
  });

  it("spaceToBatchND and batchToSpaceND equal the stock kernels for any block, padding and crop", () => {
    const margin = fc.integer({ min: 0, max: 3 });
    const pairs = fc.tuple(fc.tuple(margin, margin), fc.tuple(margin, margin));
    const shape = fc.tuple(size(2), size(6), size(6), size(3));
    fc.assert(
      fc.property(shape, fc.tuple(size(3), size(3)), pairs, seeds, (shape, block, paddings, seed) => {
        const [rows, columns] = [0, 1].map((i) => {
          const padded = shape[i + 1]! + paddings[i]![0] + paddings[i]![1];
          return paddings[i]![1] + ((block[i]! - (padded % block[i]!)) % block[i]!);
        });
        const margins = [
          [paddings[0][0], rows!],
          [paddings[1][0], columns!],
        ];
        const x = uniform(shape, seed);
        const blocked = tf.spaceToBatchND(x, block, margins);
        expectSame(() => [tf.spaceToBatchND(x, block, margins), tf.batchToSpaceND(blocked, block, margins)]);
        const uncut = [
          [0, 0],
          [0, 0],
        ];
        expectSame(() => tf.batchToSpaceND(blocked, block, uncut));
      }),
      { numRuns: 60 },
    );
    expectSame(() => tf.spaceToBatchND(uniform([1, 4, 3], 1), [2], [[0, 2]]));
  });
});

describe("batch norm", () => {
  it.each([1, 4])("has the stock gradients, statistics of rank %i", (rank) => {
    const x = uniform([2, 3, 4, 5], 1) as tf.Tensor4D;
    const statistics = (seed: number) => uniform(rank === 1 ? [5] : [2, 3, 4, 5], seed);
    const inputs = [x, statistics(2), tf.add(statistics(3), 1.5), statistics(4), statistics(5)];
    const normalize = (...[x, mean, variance, offset, scale]: tf.Tensor[]) =>
      tf.batchNorm(
        x as tf.Tensor4D,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
        1e-3,
      );
    expectSame(() => tf.grads(normalize)(inputs, uniform(x.shape, 6)));
  });
});

describe("registration", () => {
  it("answers the covered cases without the stock kernels", () => {
    const covered =
      "Add BatchToSpaceND Conv2D Conv2DBackpropFilter Conv2DBackpropInput FusedConv2D MaxPool MaxPoolGrad Mean Multiply " +
      "RealDiv Relu SpaceToBatchND SplitV Step Sub Sum Tile";
    const originals = covered.split(" ").map((name) => tf.getKernel(name, "cpu"));
    const replace = (config: tf.KernelConfig) => {
      tf.unregisterKernel(config.kernelName, "cpu");
      tf.registerKernel(config);
    };
    const forbid = (config: tf.KernelConfig) =>
      replace({
        ...config,
        kernelFunc: () => {
          throw new Error(`the stock kernel ${config.kernelName} ran`);
        },
      });
    const x = uniform([2, 8, 8, 3], 1) as tf.Tensor4D;
    const filter = uniform([3, 3, 3, 4], 2) as tf.Tensor4D;
    try {
      originals.forEach(forbid);
      installCpuKernels();
      const step = tf.grads((x, filter) => {
        const y = tf.relu(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same"));
        const { mean, variance } = tf.moments(y, [0, 1, 2]);
        const normed = tf.batchNorm(y, mean as tf.Tensor1D, variance as tf.Tensor1D, tf.zeros([4]), tf.ones([4]));
        return tf.mean(tf.div(tf.sub(tf.maxPool(normed as tf.Tensor4D, 2, 2, "same"), 0.5), 2));
      });
      expect(step([x, filter]).map(({ shape }) => shape)).toEqual([x.shape, filter.shape]);
      expect(tf.fused.conv2d({ x, filter, strides: 1, pad: "same", activation: "relu" }).shape).toEqual([2, 8, 8, 4]);
      expect(tf.tile(tf.ones([1, 3]), [4, 1]).shape).toEqual([4, 3]);
      expect(tf.split(tf.ones([4, 3]), [1, 2], 1).map(({ shape }) => shape)).toEqual([
        [4, 1],
        [4, 2],
      ]);
      const blocked = tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      );
      expect(
        tf.batchToSpaceND(
          blocked,
          [2, 2],
          [
            [0, 0],
            [0, 0],
          ],
        ),
      ).toBeAllClose(x);
    } finally {
      restoreStockKernels();
      originals.forEach(replace);
    }
  });

  it("restores the very kernels and gradient it replaced, however often it is asked", () => {
    const before = [tf.getKernel("Conv2D", "cpu"), tf.getGradient("FusedBatchNorm")];
    installCpuKernels();
    installCpuKernels();
    expect(tf.getKernel("Conv2D", "cpu")).not.toBe(before[0]);
    expect(tf.getGradient("FusedBatchNorm")).not.toBe(before[1]);
    restoreStockKernels();
    restoreStockKernels();
    expect([tf.getKernel("Conv2D", "cpu"), tf.getGradient("FusedBatchNorm")]).toEqual(before);
  });

  it("leaves no tensor behind", () => {
    installCpuKernels();
    const x = uniform([1, 6, 6, 2], 1) as tf.Tensor4D;
    const filter = uniform([3, 3, 2, 2], 2) as tf.Tensor4D;
    expectNoTensorLeak(() => {
      const loss = (x: tf.Tensor, filter: tf.Tensor) =>
        tf.mean(
          tf.maxPool(
            tf.relu(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same")) as tf.Tensor4D,
            2,
            2,
            "same",
          ),
        );
      tf.dispose(tf.grads(loss)([x, filter]));
    });
  });
});
