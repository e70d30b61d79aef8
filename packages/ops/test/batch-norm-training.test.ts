/** The training batch norm against PyTorch in float64, on the engine of the tests and on a backend with its kernels. */
import { checkTensorGradients, expectNoTensorLeak, type FixtureTensor, readFixture } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { type Activation, batchNormTraining, OpInputError, SecondOrderGradientError } from "../src/index.js";
import { batchNorm } from "./support/formulas.js";
import { calls, ran, useBackend } from "./support/kernel-backend.js";

interface Case {
  readonly activation: Activation;
  readonly epsilon: number;
  readonly x: FixtureTensor;
  readonly gamma?: FixtureTensor;
  readonly beta?: FixtureTensor;
  readonly dy: FixtureTensor;
  readonly y: FixtureTensor;
  readonly mean: FixtureTensor;
  readonly variance: FixtureTensor;
  readonly dx: FixtureTensor;
  readonly dgamma?: FixtureTensor;
  readonly dbeta?: FixtureTensor;
}

const CASES = readFixture<Case[]>(import.meta.url, "fixtures/batch-norm.json");
const tensor = ({ values, shape }: FixtureTensor) => tf.tensor([...values], [...shape], "float32");
const optional = (fixture?: FixtureTensor) => (fixture === undefined ? undefined : tensor(fixture));
const activations: Activation[] = ["linear", "relu", "relu6", "swish"];

describe.each(["engine", "kernels"] as const)("on the %s", (backend) => {
  beforeEach(() => useBackend(backend));

  it.each(CASES.map((each) => [each.activation, each.x.shape, "gamma" in each, "beta" in each, each] as const))(
    "%s of %o, γ %s, β %s: values and gradients are PyTorch's",
    (activation, _shape, _gamma, _beta, expected) => {
      const [x, gamma, beta] = [tensor(expected.x), optional(expected.gamma), optional(expected.beta)];
      const options = { epsilon: expected.epsilon, activation };
      // An offset of 30 leaves the input itself five digits.
      const tolerance = { rtol: 2e-5, atol: 1e-5 };
      const { y, mean, variance } = batchNormTraining(x, gamma, beta, options);
      expect(y).toBeAllClose(expected.y, tolerance);
      expect(mean).toBeAllClose(expected.mean, tolerance);
      expect(variance).toBeAllClose(expected.variance, tolerance);
      const inputs = [x, gamma, beta].filter((each) => each !== undefined);
      const gradients = tf.grads((x, ...rest) => {
        const kept = [...rest];
        const g = gamma === undefined ? undefined : kept.shift();
        return batchNormTraining(x, g, kept.shift(), options).y;
      })(inputs, tensor(expected.dy));
      const wanted = [expected.dx, expected.dgamma, expected.dbeta].filter((each) => each !== undefined);
      expect(gradients.length).toBe(wanted.length);
      gradients.forEach((gradient, i) => {
        expect(gradient).toBeAllClose(wanted[i]!, tolerance);
      });
    },
  );

  it("runs the kernels where they are there, one each way", () => {
    const x = tf.randomNormal([4, 3]);
    tf.grad((x: tf.Tensor) => batchNormTraining(x, tf.ones([3]), undefined, { epsilon: 0.5, activation: "relu" }).y)(x);
    expect(ran()).toEqual(backend === "engine" ? [] : ["BatchNormTraining", "BatchNormTrainingGrad"]);
    for (const { attrs } of calls) expect(attrs).toEqual({ epsilon: 0.5, activation: "relu" });
    expect(calls.map(({ inputs }) => inputs)).toEqual(
      backend === "engine"
        ? []
        : [
            ["x", "gamma", "beta"],
            ["dy", "x", "mean", "variance", "gamma", "beta"],
          ],
    );
  });

  it("has the gradient of finite differences", () => {
    const weights = tf.randomNormal([4, 2, 3], 0, 1, "float32", 1);
    for (const activation of ["linear", "swish"] as const) {
      checkTensorGradients(
        (x, gamma, beta) => tf.sum(tf.mul(batchNormTraining(x, gamma, beta, { activation }).y, weights)),
        [tf.randomNormal([4, 2, 3], 0, 1, "float32", 2), tf.tensor([1, 2, -1]), tf.tensor([0, 1, 0.5])],
      );
    }
  });

  it("treats mean and variance as constants, whatever else depends on x", () => {
    const x = tf.tensor2d([
      [1, 2],
      [3, 8],
      [5, 3],
    ]);
    const whole = tf.grad((x: tf.Tensor) => {
      const { y, mean, variance } = batchNormTraining(x);
      return tf.add(tf.mul(y, mean), variance);
    })(x);
    const { mean } = batchNormTraining(x);
    const part = tf.grad((x: tf.Tensor) => tf.mul(batchNormTraining(x).y, mean))(x);
    expect(whole).toBeAllClose(part, { rtol: 1e-6 });
    const alone = () => tf.grad((x: tf.Tensor) => batchNormTraining(x).mean)(x);
    expect(alone).toThrow("Cannot compute gradient of y=f(x) with respect to x");
  });

  it("refuses a gradient of its gradient, and leaves other gradients of gradients alone", () => {
    const x = tf.randomNormal([5, 2], 0, 1, "float32", 3);
    const first = tf.grad((x: tf.Tensor) => tf.sum(tf.square(batchNormTraining(x).y)));
    expect(() => tf.grad((x: tf.Tensor) => first(x))(x)).toThrow(SecondOrderGradientError);
    const inner = tf.grad((w: tf.Tensor) => tf.mul(tf.pow(w, 3), batchNormTraining(x).mean.sum()));
    const second = tf.grad((w: tf.Tensor) => inner(w))(tf.scalar(2));
    expect(second).toBeAllClose(tf.mul(batchNormTraining(x).mean.sum(), 12), { rtol: 1e-5 });
  });

  it("has the variance of values far from 0", () => {
    const values = Array.from({ length: 64 }, (_, i) => 1000 + Math.sin(i));
    const { variance } = batchNormTraining(tf.tensor2d(values, [64, 1]));
    const [, , [expected]] = batchNorm({
      x: Float32Array.from(values),
      channels: 1,
      epsilon: 0,
      activation: "linear",
    }) as [number[], number[], [number]];
    expect(variance).toBeAllClose([expected], { rtol: 1e-3 });
  });

  it("leaves three tensors, its gradient one for each input", () => {
    const [x, gamma, beta] = [tf.randomNormal([2, 3, 3, 4]), tf.ones([4]), tf.zeros([4])];
    for (const activation of activations) {
      expectNoTensorLeak(() => tf.dispose(Object.values(batchNormTraining(x, gamma, beta, { activation }))));
      expectNoTensorLeak(() => {
        const f = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
          batchNormTraining(x, gamma, beta, { activation }).y;
        tf.dispose(tf.grads(f)([x, gamma, beta]));
      });
    }
  });

  it("agrees with the formulas for any shape", () => {
    const dimension = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(
        fc.array(dimension, { minLength: 2, maxLength: 5 }),
        fc.constantFrom(...activations),
        fc.integer({ min: 1, max: 1e6 }),
        (shape, activation, seed) => {
          tf.tidy(() => {
            const x = tf.randomUniform(shape, -2, 2, "float32", seed);
            const { y, mean, variance } = batchNormTraining(x, undefined, undefined, { activation, epsilon: 0.01 });
            expect(y.shape).toEqual(shape);
            const input = { x: x.dataSync(), channels: shape.at(-1)!, epsilon: 0.01, activation };
            const expected = batchNorm(input).map((values) => Float64Array.from(values));
            [y.flatten(), mean, variance].forEach((actual, i) => {
              expect(actual).toBeAllClose(expected[i]!, { rtol: 1e-4, atol: 1e-5 });
            });
            const dx = tf.grad((x: tf.Tensor) => batchNormTraining(x, undefined, undefined, { activation }).y)(x);
            expect(dx.shape).toEqual(shape);
          });
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("bad inputs", () => {
  beforeEach(() => useBackend("engine"));
  const x = () => tf.zeros([2, 3]);

  it.each([
    ["x: expected a float32 tensor, got int32 [2,3]", () => batchNormTraining(tf.zeros([2, 3], "int32"))],
    ["x: expected values of rank 2 or more, got float32 [3]", () => batchNormTraining(tf.zeros([3]))],
    ["x: expected values of rank 2 or more, got float32 [0,3]", () => batchNormTraining(tf.zeros([0, 3]))],
    ["gamma: expected float32 [3], got float32 [2]", () => batchNormTraining(x(), tf.ones([2]))],
    ["beta: expected float32 [3], got int32 [3]", () => batchNormTraining(x(), undefined, tf.ones([3], "int32"))],
    [
      "epsilon: expected a number of 0 or more, got -1",
      () => batchNormTraining(x(), undefined, undefined, { epsilon: -1 }),
    ],
    [
      "activation: expected one of linear, relu, relu6, swish, got gelu",
      () => batchNormTraining(x(), undefined, undefined, { activation: "gelu" as Activation }),
    ],
  ])("%s", (message, call) => {
    expect(call).toThrow(OpInputError);
    expect(call).toThrow(`batchNormTraining: ${message}`);
  });
});
