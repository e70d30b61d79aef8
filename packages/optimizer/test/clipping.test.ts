import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import { type ClipOptions, type CommonOptions, type DomainLoss, erm, roga, sgd } from "@roga/optimizer";
import { expectNoTensorLeak, type FixtureTensor, readFixture, useTestEngine } from "@roga/test-support";
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

interface ClipCase {
  readonly title: string;
  readonly clip: ClipOptions;
  readonly norms: number[];
  readonly clipped: boolean[];
  readonly after: FixtureTensor[];
}
const fixture = readFixture<{ initial: FixtureTensor[]; gradients: FixtureTensor[][]; cases: ClipCase[] }>(
  import.meta.url,
  "fixtures/clipping.json",
);
const toTensor = ({ values, shape }: FixtureTensor) => tf.tensor([...values], [...shape]);

test.each(fixture.cases)("$title: 20 steps under given gradients equal PyTorch's", async (reference) => {
  const theta = fixture.initial.map((value) => tf.tidy(() => tf.variable(toTensor(value))));
  const baseOptimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
  const algorithm = erm({ clip: reference.clip });
  for (const [step, gradient] of fixture.gradients.entries()) {
    const linear: DomainLoss = () =>
      tf.addN(theta.map((variable, index) => tf.sum(tf.mul(variable, toTensor(gradient[index]!))))) as tf.Scalar;
    const record = await algorithm.step({ variables: theta, domainLosses: { a: linear }, baseOptimizer });
    expect(record.gradientNorm).toBeAllClose(reference.norms[step]!, { rtol: 1e-6 });
    expect(record.clipped).toBe(reference.clipped[step]);
  }
  for (const [index, expected] of reference.after.entries()) {
    expect(theta[index]).toBeAllClose(expected, { rtol: 1e-5, atol: 1e-6 });
  }
  tf.dispose(theta);
  baseOptimizer.dispose();
});
