/** The optimizer updates against float64 formulas, on the engine of the tests and on a backend that updates in place. */
import { expectNoTensorLeak } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { beforeEach, describe, expect, it } from "vitest";
import {
  type AdamMoments,
  type AdamUpdateOptions,
  adamUpdate,
  averageUpdate,
  OpInputError,
  type SgdUpdateOptions,
  sgdUpdate,
} from "../src/index.js";
import { adamStep, sgdStep } from "./support/formulas.js";
import { calls, ran, useBackend } from "./support/kernel-backend.js";

const SHAPES = [[3], [2, 2], []];
const SIZES = [3, 4, 1];
const START = SIZES.map((size, k) => Float32Array.from({ length: size }, (_, i) => Math.sin(3 * k + i)));
/** The gradients of a step. */
const gradientAt = (step: number) =>
  SIZES.map((size, k) => Float32Array.from({ length: size }, (_, i) => Math.cos(step + k + 2 * i)));
const make = (values: readonly Float32Array[]) => values.map((value, k) => tf.tensor(value, SHAPES[k]!));
const variables = () =>
  make(START).map((tensor) => {
    const variable = tf.variable(tensor);
    tensor.dispose();
    return variable;
  });
const zeros = () => SHAPES.map((shape) => tf.zeros(shape));
const CLOSE = { rtol: 2e-6, atol: 1e-7 };

function expectValues(actual: readonly tf.Tensor[], expected: readonly number[][]): void {
  expect(actual.map(({ shape }) => shape)).toEqual(SHAPES);
  actual.forEach((tensor, k) => {
    expect(tensor.flatten()).toBeAllClose(Float64Array.from(expected[k]!), CLOSE);
  });
}

const SGD: SgdUpdateOptions[] = [
  { learningRate: 0.1 },
  { learningRate: 0.1, weightDecay: 0.05 },
  { learningRate: 0.1, momentum: 0.9 },
  { learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.05 },
];
const ADAM: Omit<AdamUpdateOptions, "step">[] = [
  { learningRate: 0.01 },
  { learningRate: 0.02, beta1: 0.8, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.1 },
];

describe.each(["engine", "kernels"] as const)("on the %s", (backend) => {
  beforeEach(() => useBackend(backend));

  it.each(SGD)("sgdUpdate takes four steps with %o", (options) => {
    const complete = { momentum: 0, nesterov: false, weightDecay: 0, ...options };
    const theta = variables();
    let momenta = options.momentum === undefined ? undefined : zeros();
    let expected = START.map((values) => Array.from(values, (v): [number, number] => [v, 0]));
    for (let step = 0; step < 4; step++) {
      const gradients = gradientAt(step);
      const updated = sgdUpdate(theta, make(gradients), momenta, options);
      expected = expected.map((state, k) => state.map(([v, m], i) => sgdStep([v, gradients[k]![i]!, m], complete)));
      expectValues(
        theta,
        expected.map((state) => state.map(([v]) => v)),
      );
      if (momenta === undefined) expect(updated).toEqual([]);
      else {
        expect(momenta.every(({ isDisposed }) => isDisposed)).toBe(true);
        momenta = updated;
        expectValues(
          momenta,
          expected.map((state) => state.map(([, m]) => m)),
        );
      }
    }
    expect(ran()).toEqual(backend === "engine" ? [] : Array(4).fill("SgdUpdate"));
    for (const { attrs } of calls) expect(attrs).toEqual({ count: 3, ...complete });
    tf.dispose(theta);
  });

  it.each(ADAM)("adamUpdate takes four steps with %o", (options) => {
    const complete = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, ...options };
    const theta = variables();
    let moments: AdamMoments = { first: zeros(), second: zeros() };
    let expected = START.map((values) => Array.from(values, (v): [number, number, number] => [v, 0, 0]));
    for (let step = 1; step <= 4; step++) {
      const gradients = gradientAt(step);
      const before = moments;
      moments = adamUpdate(theta, make(gradients), moments, { ...options, step });
      expect([...before.first, ...before.second].every(({ isDisposed }) => isDisposed)).toBe(true);
      expected = expected.map((state, k) =>
        state.map(([v, m, s], i) => adamStep([v, gradients[k]![i]!, m, s], { ...complete, step })),
      );
      expectValues(
        theta,
        expected.map((state) => state.map(([v]) => v)),
      );
      expectValues(
        moments.first,
        expected.map((state) => state.map(([, m]) => m)),
      );
      expectValues(
        moments.second,
        expected.map((state) => state.map(([, , s]) => s)),
      );
    }
    expect(ran()).toEqual(backend === "engine" ? [] : Array(4).fill("AdamUpdate"));
    calls.forEach(({ attrs }, i) => {
      expect(attrs).toEqual({ count: 3, ...complete, step: i + 1 });
    });
    tf.dispose(theta);
  });

  it("averageUpdate moves averages towards values", () => {
    const theta = variables();
    let expected = START.map((values) => Array.from(values));
    for (let step = 0; step < 3; step++) {
      const values = gradientAt(step);
      expectNoTensorLeak(
        () =>
          averageUpdate(
            theta,
            tf.tidy(() => make(values).map(tf.keep)),
            0.99,
          ),
        values.length,
      );
      expected = expected.map((old, k) => old.map((v, i) => v - (v - values[k]![i]!) * 0.01));
      expectValues(theta, expected);
    }
    averageUpdate(theta, make(START), 0);
    expectValues(
      theta,
      START.map((values) => Array.from(values)),
    );
    averageUpdate(theta, make(gradientAt(1)), 1);
    theta.forEach((variable, k) => {
      expect(variable.dataSync()).toBeAllClose(START[k]!, CLOSE);
    });
    expect(ran()).toEqual(backend === "engine" ? [] : Array(5).fill("AverageUpdate"));
    averageUpdate([], [], 0.5);
    tf.dispose(theta);
  });

  it("leaves clones of variables as they were, bit for bit", () => {
    const theta = variables();
    const clones = theta.map((variable) => tf.clone(variable));
    tf.dispose(sgdUpdate(theta, zeros().map(tf.onesLike), zeros(), { learningRate: 1, momentum: 0.5 }));
    const { first, second } = adamUpdate(
      theta,
      zeros().map(tf.onesLike),
      { first: zeros(), second: zeros() },
      {
        learningRate: 1,
        step: 1,
      },
    );
    tf.dispose([...first, ...second]);
    clones.forEach((clone, k) => {
      expect(clone.dataSync()).toEqual(START[k]);
    });
    expect(theta[0]!.dataSync()).not.toEqual(START[0]);
    tf.dispose(theta);
  });

  it("leaves gradients as they were and no tensors besides the new slots", () => {
    const theta = variables();
    const gradients = make(gradientAt(1));
    let momenta: tf.Tensor[] = zeros();
    let moments: AdamMoments = { first: zeros(), second: zeros() };
    expectNoTensorLeak(() => {
      sgdUpdate(theta, gradients, undefined, { learningRate: 0.1, weightDecay: 0.1 });
      momenta = sgdUpdate(theta, gradients, momenta, { learningRate: 0.1, momentum: 0.9 });
      moments = adamUpdate(theta, gradients, moments, { learningRate: 0.1, step: 1 });
    });
    gradients.forEach((gradient, k) => {
      expect(gradient.dataSync()).toEqual(gradientAt(1)[k]);
    });
    tf.dispose([theta, gradients, momenta, [...moments.first], [...moments.second]]);
  });

  it("takes slots that were kept, and gives slots that a tidy disposes", () => {
    const theta = variables();
    const momenta = zeros().map((tensor) => tf.keep(tensor));
    expectNoTensorLeak(() => {
      tf.tidy(() => void sgdUpdate(theta, zeros(), momenta, { learningRate: 0.1, momentum: 0.9 }));
    }, -momenta.length);
    tf.dispose(theta);
  });

  it("takes no variables", () => {
    expect(sgdUpdate([], [], undefined, { learningRate: 1 })).toEqual([]);
    const none = { first: [], second: [] };
    expect(adamUpdate([], [], none, { learningRate: 1, step: 1 })).toEqual(none);
    expect(calls).toEqual([]);
  });
});

it("updates in place where nobody else holds the data", async () => {
  await useBackend("kernels");
  const theta = variables();
  const { dataId } = theta[0]!;
  tf.dispose(sgdUpdate(theta, zeros(), undefined, { learningRate: 1 }));
  expect(theta[0]!.dataId).toBe(dataId);
  const clone = tf.clone(theta[0]!);
  tf.dispose(sgdUpdate(theta, zeros(), undefined, { learningRate: 1 }));
  expect(theta[0]!.dataId).not.toBe(dataId);
  tf.dispose([theta, clone]);
});

describe("bad inputs leave everything as it was", () => {
  beforeEach(() => useBackend("kernels"));
  const theta = () => [tf.variable(tf.ones([2]))];
  const g = () => [tf.ones([2])];

  it.each([
    ["sgdUpdate: gradients: expected 1 tensors, got 0", () => sgdUpdate(theta(), [], undefined, { learningRate: 1 })],
    [
      "sgdUpdate: gradients[0]: expected float32 [2], got float32 [3]",
      () => sgdUpdate(theta(), [tf.ones([3])], undefined, { learningRate: 1 }),
    ],
    [
      "averageUpdate: values[0]: expected float32 [2], got float32 [3]",
      () => averageUpdate(theta(), [tf.ones([3])], 0.5),
    ],
    ["averageUpdate: decay: expected a number from 0 to 1, got NaN", () => averageUpdate(theta(), g(), Number.NaN)],
    ["averageUpdate: decay: expected a number from 0 to 1, got 1.5", () => averageUpdate(theta(), g(), 1.5)],
    [
      "sgdUpdate: learningRate: expected a number of 0 or more, got NaN",
      () => sgdUpdate(theta(), g(), undefined, { learningRate: Number.NaN }),
    ],
    [
      "sgdUpdate: momentum: expected a number from 0 to below 1, got 1",
      () => sgdUpdate(theta(), g(), g(), { learningRate: 1, momentum: 1 }),
    ],
    [
      "sgdUpdate: momenta: expected 1 tensors, got undefined",
      () => sgdUpdate(theta(), g(), undefined, { learningRate: 1, momentum: 0.9 }),
    ],
    [
      "sgdUpdate: momenta: expected undefined without momentum, got 1 tensors",
      () => sgdUpdate(theta(), g(), g(), { learningRate: 1 }),
    ],
    [
      "sgdUpdate: nesterov: expected false without momentum, got true",
      () => sgdUpdate(theta(), g(), undefined, { learningRate: 1, nesterov: true }),
    ],
    [
      "adamUpdate: step: expected an integer of 1 or more, got 0",
      () => adamUpdate(theta(), g(), { first: g(), second: g() }, { learningRate: 1, step: 0 }),
    ],
    [
      "adamUpdate: moments.second: expected 1 tensors, got 0",
      () => adamUpdate(theta(), g(), { first: g(), second: [] }, { learningRate: 1, step: 1 }),
    ],
  ])("%s", (message, call) => {
    expect(call).toThrow(OpInputError);
    expect(call).toThrow(message);
    expect(calls).toEqual([]);
  });

  it("refuses the same variable or the same slot twice", () => {
    const [v] = theta();
    const [m] = g();
    expect(() => sgdUpdate([v!, v!], [...g(), ...g()], undefined, { learningRate: 1 })).toThrow(
      `sgdUpdate: variables[1]: expected each variable once, got "${v!.name}" again`,
    );
    expect(() => adamUpdate([v!], g(), { first: [m!], second: [m!] }, { learningRate: 1, step: 1 })).toThrow(
      "adamUpdate: moments.second[0]: expected a tensor of its own, got one that was given before",
    );
    expect(m!.isDisposed).toBe(false);
  });
});
