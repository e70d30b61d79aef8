/** Swish and its gradient on the engine of the tests and on a backend with its kernels. */
import { checkGradients, expectNoTensorLeak } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { beforeEach, describe, expect, it } from "vitest";
import { OpInputError, SecondOrderGradientError, swish } from "../src/index.js";
import { ACTIVATIONS } from "./support/formulas.js";
import { ran, useBackend } from "./support/kernel-backend.js";

const AT = [-80, -5, -1.3, -0.1, 0, 0.1, 1.2784645, 4, 80];
const { f, derivative } = ACTIVATIONS.swish!;

it("has a reference whose derivative is that of finite differences", () => {
  checkGradients(
    (x) => x.reduce((sum, value) => sum + f(value), 0),
    (x) => x.map(derivative),
    AT.slice(1, -1),
  );
});

describe.each(["engine", "kernels"] as const)("on the %s", (backend) => {
  beforeEach(() => useBackend(backend));

  it("gives the values and the gradient", () => {
    const x = tf.tensor2d(AT, [3, 3]);
    const dy = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3]);
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => swish(x))(x, dy);
    expect(value.flatten()).toBeAllClose(Float64Array.from(AT, f), { rtol: 1e-5, atol: 1e-30 });
    const expected = Float64Array.from(AT, (at, i) => derivative(at) * (i + 1));
    expect(grad.flatten()).toBeAllClose(expected, { rtol: 1e-5, atol: 1e-6 });
    expect(ran()).toEqual(backend === "engine" ? [] : ["Swish", "SwishGrad"]);
  });

  it("carries on what is not finite", () => {
    const y = swish(tf.tensor1d([Number.NaN, Number.POSITIVE_INFINITY]));
    expect(Array.from(y.dataSync())).toEqual([Number.NaN, Number.POSITIVE_INFINITY]);
  });

  it("takes values of any shape, none at all included", () => {
    for (const shape of [[], [0, 3], [2, 1, 2, 1, 2]]) expect(swish(tf.ones(shape)).shape).toEqual(shape);
  });

  it("leaves one tensor, as does its gradient", () => {
    const x = tf.randomNormal([3, 4]);
    expectNoTensorLeak(() => swish(x).dispose());
    expectNoTensorLeak(() =>
      tf
        .grad((x: tf.Tensor) => swish(x))(x)
        .dispose(),
    );
  });

  it("refuses a gradient of its gradient, and other dtypes", () => {
    const first = tf.grad((x: tf.Tensor) => swish(x));
    expect(() => tf.grad((x: tf.Tensor) => first(x))(tf.ones([2]))).toThrow(SecondOrderGradientError);
    expect(() => swish(tf.ones([2], "int32"))).toThrow(new OpInputError("swish", "x", "a float32 tensor", "int32 [2]"));
  });
});
