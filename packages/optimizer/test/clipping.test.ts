import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import { type CommonOptions, type DomainLoss, erm, roga } from "@roga/optimizer";
import { expectNoTensorLeak, useTestEngine } from "@roga/test-support";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { capture } from "./support/probes.js";

let variables: tf.Variable[];
beforeEach(async () => {
  await useTestEngine();
  variables = [tf.tidy(() => tf.variable(tf.tensor2d([[3, -4]]))), tf.tidy(() => tf.variable(tf.tensor1d([12])))];
});
afterEach(() => tf.dispose(variables));

/** ½‖θ‖², whose gradient is θ, of norm 13. */
const loss: DomainLoss = () => tf.mul(tf.addN(variables.map((v) => tf.sum(tf.square(v)))), 0.5) as tf.Scalar;

async function clipped(options: CommonOptions, algorithm = erm) {
  const baseOptimizer = capture();
  const context = { variables, domainLosses: { a: loss }, baseOptimizer };
  const record = await expectNoTensorLeak(() => algorithm(options).step(context));
  return { record, values: baseOptimizer.gradients.map((values) => [...values]) };
}

describe("by norm", () => {
  test("scales the whole gradient down to the limit, and says so; the norm recorded is that before", async () => {
    const { record, values } = await clipped({ clip: { norm: 1.3 } });
    expect(record).toMatchObject({ clipped: true, gradientNorm: 13 });
    expect(values.flat()).toBeAllClose([0.3, -0.4, 1.2], { rtol: 1e-6 });
  });

  test("leaves a smaller gradient untouched, and runs no kernel for it", async () => {
    const { record, values } = await clipped({ clip: { norm: 13.1 } });
    expect(record.clipped).toBe(false);
    expect(values).toEqual([[3, -4], [12]]);
    const count = async (options: CommonOptions) => {
      const step = erm(options);
      const { kernels } = await tf.profile(async () => {
        await step.step({ variables, domainLosses: { a: loss }, baseOptimizer: capture() });
        return tf.scalar(0);
      });
      return kernels.length;
    };
    expect(await count({ clip: { norm: 20 } })).toBe(await count({}));
  });
});

test("by value cuts each component, and says so", async () => {
  const { record, values } = await clipped({ clip: { value: 3.5 } });
  expect(record).toMatchObject({ clipped: true, gradientNorm: 13 });
  expect(values).toEqual([[3, -3.5], [3.5]]);
  const larger = await clipped({ clip: { value: 12 } });
  expect(larger.record.clipped).toBe(false);
  expect(larger.values).toEqual([[3, -4], [12]]);
});

test("acts on what any algorithm hands over, and is not recorded without", async () => {
  const { record, values } = await clipped({ clip: { norm: 1 } }, (options) => roga({ ...options, combine: "sum" }));
  expect(record.clipped).toBe(true);
  expect(Math.hypot(...values.flat())).toBeAllClose(1, { rtol: 1e-6 });
  expect((await clipped({})).record).not.toHaveProperty("clipped");
});
