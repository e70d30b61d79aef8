import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import {
  type Algorithm,
  adam,
  type BaseOptimizer,
  type DomainLoss,
  erm,
  type Reduce,
  roga,
  sgd,
} from "@roga/optimizer";
import { expectNoTensorLeak, useTestEngine } from "@roga/test-support";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bits, capture, knownLoss } from "./support/probes.js";
import { type TinyModel, tinyModel } from "./support/tiny-model.js";

beforeEach(useTestEngine);

describe("saving and restoring", () => {
  const runs: [string, () => Algorithm, () => BaseOptimizer][] = [
    ["roga with adam", () => roga({ rho: 0.2, alpha: 0.01 }), () => adam({ learningRate: 0.01, weightDecay: 5e-4 })],
    ["roga in its warm-up, with sgd", () => roga({ warmupSteps: 5 }), () => sgd({ momentum: 0.9, nesterov: true })],
    ["erm with adam", () => erm(), () => adam()],
  ];
  test.each(runs)("%s: a run that was interrupted goes on bit for bit", async (_, algorithm, optimizer) => {
    const take = async (steps: number, stepper: Algorithm, baseOptimizer: BaseOptimizer, on: TinyModel) => {
      for (let step = 0; step < steps; step++) await stepper.step({ ...on, baseOptimizer });
    };
    const whole = { model: tinyModel(0.3), algorithm: algorithm(), optimizer: optimizer() };
    await take(7, whole.algorithm, whole.optimizer, whole.model);

    const first = { model: tinyModel(0.3), algorithm: algorithm(), optimizer: optimizer() };
    await take(3, first.algorithm, first.optimizer, first.model);
    const state = first.algorithm.state();
    const optimizerState = first.optimizer.state();
    const second = { model: tinyModel(0.3), algorithm: algorithm(), optimizer: optimizer() };
    for (const [index, variable] of first.model.variables.entries()) second.model.variables[index]!.assign(variable);
    for (const [index, buffer] of first.model.buffers.entries()) second.model.buffers[index]!.assign(buffer);
    second.algorithm.restore(state);
    second.optimizer.restore(optimizerState);
    tf.dispose([state, optimizerState]);
    await take(4, second.algorithm, second.optimizer, second.model);

    expect(bits(second.model.variables)).toEqual(bits(whole.model.variables));
    expect(bits(second.model.buffers)).toEqual(bits(whole.model.buffers));
    for (const run of [whole, first, second]) {
      run.model.dispose();
      run.algorithm.dispose();
      run.optimizer.dispose();
    }
  });
});

describe("the record", () => {
  let theta: tf.Variable;
  beforeEach(() => {
    theta = tf.tidy(() => tf.variable(tf.tensor1d([0.3, -1.2, 0.7])));
  });
  afterEach(() => theta.dispose());

  test("norms and losses are those of the functions", async () => {
    const a = knownLoss(theta, 1.1, 0.2, 1);
    const record = await erm().step({ variables: [theta], domainLosses: { a: a.loss }, baseOptimizer: capture() });
    const at = [...theta.dataSync()];
    const loss = at.reduce((sum, x) => sum + Math.sin(1.1 * x + 0.2) + (x - 1) ** 2 / 4, 0);
    const norm = Math.hypot(...a.gradient(at));
    expect(record.loss).toBeAllClose(loss, { rtol: 1e-6 });
    expect(record).toEqual({
      step: 0,
      loss: record.loss,
      domainLosses: { a: record.loss },
      gradientNorm: record.gradientNorm,
      domainGradientNorms: { a: record.gradientNorm },
      forwardBackwards: 1,
    });
    expect(record.gradientNorm).toBeAllClose(norm, { rtol: 1e-6 });
  });
});

describe("reduce", () => {
  test("stands between every gradient and its use", async () => {
    const theta = tf.tidy(() => tf.variable(tf.tensor1d([0.3, -1.2, 0.7])));
    const loss: DomainLoss = () => tf.sum(tf.square(theta)) as tf.Scalar;
    const domainLosses = { a: loss, b: loss };
    let calls = 0;
    const doubled: Reduce = (maps) => {
      calls += maps.length;
      return maps.map((map) => Object.fromEntries(Object.entries(map).map(([name, g]) => [name, tf.mul(g, 2)])));
    };
    const identity: Reduce = (maps) => maps;
    const run = async (algorithm: Algorithm, reduce: Reduce) => {
      const baseOptimizer = capture();
      const context = { variables: [theta], domainLosses, baseOptimizer, reduce };
      const record = await expectNoTensorLeak(() => algorithm.step(context));
      return { g: baseOptimizer.gradients[0]!, record };
    };
    const once = await run(erm(), identity);
    const twice = await run(erm(), doubled);
    expect(calls).toBe(2);
    expect(twice.g).toBeAllClose(once.g.map((value) => 2 * value));
    expect(twice.record.domainGradientNorms!.a!).toBeAllClose(2 * once.record.domainGradientNorms!.a!);
    // ∇ = 2θ: the direction is that of θ whatever its length, so g = 4θ and h = 4(θ + 0.1 θ/‖θ‖)
    calls = 0;
    const robust = await run(roga({ alpha: 0 }), doubled);
    expect(calls).toBe(4);
    const at = theta.dataSync();
    const expected = at.map((x) => 4 * x + (0.2 * x) / Math.hypot(...at));
    expect(robust.g).toBeAllClose(expected, { rtol: 1e-5 });
    theta.dispose();
  });
});

test("the step learns: a separable toy problem ends with no error, by every algorithm", async () => {
  const x = tf.tensor2d([
    [1, 2],
    [2, 1],
    [-1, -2],
    [-2, -1.5],
  ]);
  const y = tf.tensor1d([1, 1, 0, 0]);
  for (const algorithm of [erm(), roga(), roga({ perturbedLoss: "all", adaptive: true }), roga({ ascent: "shared" })]) {
    const w = tf.tidy(() => tf.variable(tf.tensor2d([[-0.5], [0.2]])));
    const loss =
      (shift: number): DomainLoss =>
      () =>
        tf.losses.sigmoidCrossEntropy(y, tf.squeeze(tf.matMul(tf.add(x, shift), w), [1]) as tf.Tensor1D) as tf.Scalar;
    const baseOptimizer = adam({ learningRate: 0.1 });
    const context = { variables: [w], domainLosses: { a: loss(0.1), b: loss(-0.1) }, baseOptimizer };
    const { loss: before } = await algorithm.step(context);
    for (let step = 0; step < 60; step++) await algorithm.step(context);
    const { loss: after } = await algorithm.step(context);
    expect(before).toBeGreaterThan(0.6);
    expect(after).toBeLessThan(0.05);
    baseOptimizer.dispose();
    w.dispose();
  }
  tf.dispose([x, y]);
});
