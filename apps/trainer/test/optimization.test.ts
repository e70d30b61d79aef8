/** From configuration to base optimizer, schedule and average. */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import { initializers, layers, sequential } from "@tensorflow/tfjs-layers";
import { afterAll, describe, expect, it } from "vitest";
import { algorithmNames } from "../src/config/algorithms.js";
import { ConfigError, resolveConfig } from "../src/config/load.js";
import {
  averageOf,
  baseOptimizerOf,
  clipOf,
  describeAverage,
  scheduleOf,
  selectionOf,
} from "../src/jobs/optimization.js";

const config = (settings: object) => resolveConfig(settings, "test");

const ones = () => ({ kernelInitializer: initializers.ones(), biasInitializer: initializers.ones() });
const model = sequential({
  layers: [
    layers.dense({ name: "body", inputShape: [2], units: 1, ...ones() }),
    layers.dense({ name: "head", units: 1, ...ones() }),
  ],
});
afterAll(() => void model.dispose());

/** What one update by gradients of 1 leaves of each weight, from 1. */
function updated(optimizer: object): Record<string, number> {
  const base = baseOptimizerOf(config({ optimizer: { learningRate: 0.1, ...optimizer } }), model);
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  return tf.tidy(() => {
    const gradients = Object.fromEntries(variables.map((variable) => [variable.name, tf.onesLike(variable)]));
    base.applyGradients(gradients, variables);
    base.dispose();
    const after = model.trainableWeights.map((one) => [one.originalName, one.read().dataSync()[0]!] as const);
    for (const variable of variables) variable.assign(tf.onesLike(variable));
    return Object.fromEntries(after.map(([name, value]) => [name, Number(value.toFixed(4))]));
  });
}

describe("baseOptimizerOf", () => {
  const all = (value: number) => ({
    "body/kernel": value,
    "body/bias": value,
    "head/kernel": value,
    "head/bias": value,
  });

  it.each([
    // the first step of Adam is that of the gradient's sign; 1 − lr · 1, with AdamW after a decay by 1 − lr · λ
    [{}, all(0.9)],
    [{ name: "adamw", weightDecay: 0.5 }, all(0.85)],
    [{ name: "adam", epsilon: 1 }, all(0.95)],
    [{ name: "adam", beta1: 0, beta2: 0 }, all(0.9)],
    [{ name: "sgd", momentum: 0, weightDecay: 0.5 }, all(0.85)],
    [{ name: "sgd", nesterov: true }, all(0.81)],
    [
      { name: "sgd", weightDecay: 0.5, noDecay: true },
      { ...all(0.85), "body/bias": 0.9, "head/bias": 0.9 },
    ],
    [
      {
        name: "sgd",
        groups: [
          { name: "^head/", learningRateFactor: 3 },
          { rankBelow: 2, weightDecay: 1 },
        ],
      },
      { "body/kernel": 0.9, "body/bias": 0.8, "head/kernel": 0.7, "head/bias": 0.4 },
    ],
  ])("takes %j", (optimizer, expected) => {
    expect(updated(optimizer)).toEqual(expected);
  });

  it("refuses a group that matches nothing", () => {
    const groups = [{ name: "^neck/", learningRateFactor: 0 }];
    expect(() => updated({ groups })).toThrow(ConfigError);
    expect(() => updated({ groups })).toThrow("optimizer.groups.0: matches none of the trained weights: body/kernel");
  });
});

it("clips by norm, by value or not at all", () => {
  const clip = (limits: object) => clipOf(config({ optimizer: { clip: limits } }));
  expect([clip({}), clip({ norm: 2 }), clip({ value: 3 })]).toEqual([undefined, { norm: 2 }, { value: 3 }]);
});

describe("scheduleOf", () => {
  it.each([
    [{}, [1, 1, 1, 1]],
    [{ name: "cosine", final: 0.5 }, [1, 0.9268, 0.75, 0.5732]],
    [{ name: "stepDecay", epochs: 0.5, factor: 0.5 }, [1, 0.5, 0.25, 0.125]],
    [{ name: "stepDecay", epochs: 1, warmupSteps: 1, warmupStart: 0.3 }, [0.3, 1, 1, 0.1]],
  ])("%j", (schedule, expected) => {
    const factor = scheduleOf(config({ optimizer: { schedule } }), 2);
    expect([0, 1, 2, 3].map((step) => Number(factor({ step, steps: 4 }).toFixed(4)))).toEqual(expected);
  });
});

describe("averageOf", () => {
  const averageFor = (average: object, algorithm: (typeof algorithmNames)[number] = "erm") =>
    averageOf(config({ average, mldg: { batchNormPass: "mixed" } }), algorithm, 3);

  it("is none by default", () => {
    expect(averageFor({})).toBeUndefined();
    expect(selectionOf(config({}))).toBe("source-validation");
    expect(describeAverage(config({}))).toBeNull();
  });

  it("has its statistics made from batches as the algorithm forms them", () => {
    const { weights, ...options } = averageFor({ name: "swad", recomputeSteps: 5, validateEvery: 50 }, "mldg")!;
    expect(weights.name).toBe("swad");
    expect(options).toEqual({ recomputeSteps: 5, validateEvery: 50, batchNormPass: "mixed" });
    expect(averageFor({ name: "ema", validateEvery: 50 })).not.toHaveProperty("validateEvery");
    for (const name of algorithmNames)
      expect(averageFor({ name: "ema", statistics: "recompute" }, name)).toMatchObject({
        weights: { name: "ema" },
        statistics: "recompute",
        batchNormPass: name === "mldg" ? "mixed" : "perDomain",
      });
  });

  it.each([
    [{ start: 1 }, [6, 9]], // the last step of each epoch of three from the second on
    [{ start: 1, every: 2 }, [4, 6, 8]],
    [{}, [3, 6, 9]],
  ])("swa with %j averages the steps %j", (options, taken) => {
    const { weights } = averageFor({ name: "swa", ...options })!;
    const variable = tf.variable(tf.scalar(0));
    for (let step = 1; step <= 9; step++) {
      tf.tidy(() => variable.assign(tf.scalar(step)));
      weights.update([variable]);
    }
    weights.assignTo([variable]);
    expect(variable.dataSync()[0]).toBeCloseTo(taken.reduce((sum, step) => sum + step) / taken.length, 5);
    weights.dispose();
    variable.dispose();
  });

  it.each([
    [{ name: "ema" }, "source-validation", /decay 0\.999\); .*averaged along/],
    [{ name: "swa", start: 2 }, "last-epoch", /SWA.* the last step of each epoch from epoch 3; .*made anew/],
    [{ name: "swad", statistics: "average", select: "best" }, "source-validation", /SWAD.*averaged along/],
  ])("%j is selected by %s and described", (average, selection, description) => {
    expect(selectionOf(config({ average }))).toBe(selection);
    expect(describeAverage(config({ average }))).toMatch(description);
  });
});
