/** The gradient of a dilated convolution against that of the same filter with zeros put between its values. */
import "@tensorflow/tfjs";
import { dilatedConv2d } from "@roga/ops";
import { expectNoTensorLeak, useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

beforeAll(useTestEngine);

/** `[k, k, in, out]` → `[(k − 1)·rate + 1, …, in, out]`: an undilated filter with the same taps, differentiable. */
function spread(filter: tf.Tensor4D, rate: number): tf.Tensor4D {
  const [rows, columns, channels, out] = filter.shape;
  const apart = tf.pad(tf.reshape(filter, [rows, 1, columns, 1, channels * out]), [
    [0, 0],
    [0, rate - 1],
    [0, 0],
    [0, rate - 1],
    [0, 0],
  ]);
  const full = tf.reshape(apart, [rows * rate, columns * rate, channels, out]) as tf.Tensor4D;
  return tf.slice(full, 0, [(rows - 1) * rate + 1, (columns - 1) * rate + 1, channels, out]);
}

const size = (max: number) => fc.integer({ min: 1, max });

describe("dilatedConv2d", () => {
  it("has the value and gradients of the undilated convolution with the spread filter", () => {
    const shape = fc.tuple(size(2), size(9), size(9), size(3));
    const kernel = fc.tuple(size(3), size(3), size(3));
    fc.assert(
      fc.property(shape, kernel, size(4), size(10_000), (shape, [rows, columns, out], rate, seed) => {
        tf.tidy(() => {
          const x = tf.randomUniform(shape, -1, 1, "float32", seed);
          const filter = tf.randomUniform([rows, columns, shape[3]!, out], -1, 1, "float32", seed + 1);
          const dy = tf.randomUniform([...shape.slice(0, 3), out], -1, 1, "float32", seed + 2);
          const dilated = (x: tf.Tensor, filter: tf.Tensor) =>
            dilatedConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, rate);
          const undilated = (x: tf.Tensor, filter: tf.Tensor) =>
            tf.conv2d(x as tf.Tensor4D, spread(filter as tf.Tensor4D, rate), 1, "same");
          expect(dilated(x, filter)).toBeAllClose(undilated(x, filter), { rtol: 1e-5, atol: 1e-5 });
          const actual = tf.grads(dilated)([x, filter], dy);
          const expected = tf.grads(undilated)([x, filter], dy);
          actual.forEach((gradient, i) => {
            expect(gradient).toBeAllClose(expected[i]!, { rtol: 1e-5, atol: 1e-5 });
          });
        });
      }),
      { numRuns: 60 },
    );
  });

  it("leaves no tensor behind", () => {
    const x = tf.ones([1, 5, 6, 2]) as tf.Tensor4D;
    const filter = tf.ones([3, 3, 2, 2]) as tf.Tensor4D;
    expectNoTensorLeak(() => {
      const sum = (x: tf.Tensor, filter: tf.Tensor) =>
        tf.sum(dilatedConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2));
      tf.dispose(tf.grads(sum)([x, filter]));
    });
  });
});
