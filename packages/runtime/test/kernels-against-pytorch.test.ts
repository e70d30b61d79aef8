/** The fast kernels of the cpu engine against PyTorch in float64. */
import { readFixture } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { use } from "../src/index.js";

interface Values {
  shape: number[];
  values: number[];
}
interface Convolution {
  stride: number;
  pad: "same" | "valid" | number;
  dilation: number;
  x: Values;
  filter: Values;
  y: Values;
  dy: Values;
  dx: Values;
  dFilter: Values;
}
interface Pooling {
  size: number;
  stride: number;
  pad: "same" | "valid";
  x: Values;
  y: Values;
  dy: Values;
  dx: Values;
}
interface BatchNorm {
  epsilon: number;
  x: Values;
  scale: Values;
  offset: Values;
  y: Values;
  dy: Values;
  dx: Values;
  dScale: Values;
  dOffset: Values;
}

const reference = readFixture<{ convolutions: Convolution[]; poolings: Pooling[]; batchNorms: BatchNorm[] }>(
  import.meta.url,
  "fixtures/convolution-step.json",
);
const tolerance = { rtol: 2e-5, atol: 2e-6 };

const tensor4d = ({ shape, values }: Values) => tf.tensor4d(values, shape as [number, number, number, number]);
const tensor1d = ({ values }: Values) => tf.tensor1d(values);
const expected = ({ shape, values }: Values) => tf.tensor(values, shape);

beforeAll(async () => {
  await use("cpu");
});

describe.each(reference.convolutions)("conv2d stride $stride pad $pad dilation $dilation", (c) => {
  it("convolves", () => {
    expect(tf.conv2d(tensor4d(c.x), tensor4d(c.filter), c.stride, c.pad, "NHWC", c.dilation)).toBeAllClose(
      expected(c.y),
      tolerance,
    );
  });

  it("convolves, adds a bias and rectifies in the fused kernel", () => {
    const bias = tf.linspace(-1, 1, c.filter.shape[3]!);
    const y = tf.fused.conv2d({
      x: tensor4d(c.x),
      filter: tensor4d(c.filter),
      strides: c.stride,
      pad: c.pad,
      dilations: c.dilation,
      bias,
      activation: "relu",
    });
    const channels = c.filter.shape[3]!;
    const offsets = bias.dataSync();
    const want = c.y.values.map((value, i) => Math.max(0, value + offsets[i % channels]!));
    expect(y).toBeAllClose(tf.tensor(want, c.y.shape), tolerance);
  });
});

describe("conv2d gradients", () => {
  it.each(reference.convolutions.filter(({ dilation }) => dilation === 1))("stride $stride pad $pad", (c) => {
    const [dx, dFilter] = tf.grads((x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, c.stride, c.pad))(
      [tensor4d(c.x), tensor4d(c.filter)],
      tensor4d(c.dy),
    );
    expect(dx!).toBeAllClose(expected(c.dx), tolerance);
    expect(dFilter!).toBeAllClose(expected(c.dFilter), tolerance);
  });
});

describe.each(reference.poolings)("maxPool $size stride $stride pad $pad", (p) => {
  it("pools, and sends the gradient to the winners", () => {
    const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, p.size, p.stride, p.pad);
    expect(pool(tensor4d(p.x))).toBeAllClose(expected(p.y), tolerance);
    expect(tf.grad(pool)(tensor4d(p.x), tensor4d(p.dy))).toBeAllClose(expected(p.dx), tolerance);
  });
});

describe.each(reference.batchNorms)("batch norm with batch statistics, epsilon $epsilon", (b) => {
  it("normalizes, and has the gradients of input, scale and offset", () => {
    const normalize = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      return tf.batchNorm(
        x,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
        b.epsilon,
      );
    };
    const inputs = [tensor4d(b.x), tensor1d(b.scale), tensor1d(b.offset)];
    expect(normalize(inputs[0]!, inputs[1]!, inputs[2]!)).toBeAllClose(expected(b.y), tolerance);
    const gradient = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) => normalize(x, scale, offset);
    const [dx, dScale, dOffset] = tf.grads(gradient)(inputs, tensor4d(b.dy));
    expect(dx!).toBeAllClose(expected(b.dx), tolerance);
    expect(dScale!).toBeAllClose(expected(b.dScale), tolerance);
    expect(dOffset!).toBeAllClose(expected(b.dOffset), tolerance);
  });
});
