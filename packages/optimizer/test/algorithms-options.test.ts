/** What the options that all algorithms share mean to each of them: diagnostics, clipping, micro-batches. */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import { type DomainForward, type MicroBatch, type StepDiagnostics, sgd } from "@roga/optimizer";
import { expectNoTensorLeak, useTestEngine } from "@roga/test-support";
import { beforeEach, describe, expect, test } from "vitest";
import { algorithms, names, perturbing } from "./support/algorithms.js";
import { bits, capture } from "./support/probes.js";
import { tinyModel } from "./support/tiny-model.js";

beforeEach(useTestEngine);

/** Those whose objective couples the samples of a domain, or the domains, by more than their mean losses. */
const coupled = ["irm", "coral", "fishr"];
/** Those that go back through all domains at once, and so have no gradient per domain. */
const joint = ["coral", "fishr"];

describe.each(names)("%s", (name) => {
  const create = algorithms[name]!;

  test("diagnostics change no bit of the training, and give what its passes give", async () => {
    const [plain, observed] = [tinyModel(), tinyModel()];
    const [off, on] = [create(), create({ diagnostics: { every: 2 } })];
    const optimizers = [sgd({ learningRate: 0.1 }), sgd({ learningRate: 0.1 })] as const;
    const context = (of: typeof plain) => ({ ...of, domainLosses: of.outputs, jointLosses: of.jointOutputs });
    const found: (StepDiagnostics | undefined)[] = [];
    for (let i = 0; i < 3; i++) {
      const without = await off.step({ ...context(plain), baseOptimizer: optimizers[0] });
      const { diagnostics, ...record } = await on.step({ ...context(observed), baseOptimizer: optimizers[1] });
      expect(record).toEqual(without);
      found.push(diagnostics);
    }
    expect(bits(observed.variables)).toEqual(bits(plain.variables));
    expect(bits(observed.buffers)).toEqual(bits(plain.buffers));
    const cosines = joint.includes(name) ? [] : ["domainCosines"];
    // Fish evaluates its domains along a walk, not at perturbed points.
    const beyond =
      perturbing.includes(name) && name !== "fish" ? ["perturbedGradientNorm", "alignment", "sharpness"] : [];
    expect(found.map((one) => one && Object.keys(one))).toEqual([
      [...cosines, ...beyond],
      undefined,
      [...cosines, ...beyond],
    ]);
    for (const algorithm of [off, on]) algorithm.dispose();
    plain.dispose();
    observed.dispose();
  });

  test("its gradient is clipped", async () => {
    const model = tinyModel();
    const context = { ...model, domainLosses: model.outputs };
    const [free, limited] = [capture(), capture()];
    const { gradientNorm, clipped } = await create().step({ ...context, baseOptimizer: free });
    expect(clipped).toBeUndefined();
    const record = await create({ clip: { norm: gradientNorm / 4 } }).step({ ...context, baseOptimizer: limited });
    expect(record).toMatchObject({ clipped: true, gradientNorm });
    for (const [index, gradient] of free.gradients.entries()) {
      expect(limited.gradients[index]!).toBeAllClose(
        gradient.map((value) => value / 4),
        { rtol: 1e-5 },
      );
    }
    model.dispose();
  });

  test(coupled.includes(name) ? "needs whole batches" : "micro-batches are one batch but for rounding", async () => {
    const variable = tf.tidy(() => tf.variable(tf.tensor2d([[0.3], [-0.7], [0.2]])));
    const inputs = [1, 2, 3].map((k) =>
      tf.tidy(() => tf.sin(tf.mul(tf.reshape(tf.range(0, 18), [6, 3]), 0.7 * k)) as tf.Tensor2D),
    );
    const labels = tf.tensor1d([0, 1, 1, 0, 1, 0]);
    const forward =
      (x: tf.Tensor2D, from: number, size: number): DomainForward =>
      () => {
        const features = tf.slice(x, [from, 0], [size, 3]);
        const y = tf.slice(labels, [from], [size]);
        const logits = tf.squeeze(tf.matMul(features, variable as tf.Tensor2D), [1]) as tf.Tensor1D;
        return { loss: tf.losses.sigmoidCrossEntropy(y, logits) as tf.Scalar, logits, labels: y, features };
      };
    const ofAll = <T>(make: (x: tf.Tensor2D) => T) =>
      Object.fromEntries(inputs.map((x, k) => [`domain ${k}`, make(x)]));
    const whole = ofAll((x) => forward(x, 0, 6));
    const split: Record<string, MicroBatch[]> = ofAll((x) => [
      { samples: 4, loss: forward(x, 0, 4) },
      { samples: 2, loss: forward(x, 4, 2) },
    ]);
    const [one, several] = [capture(), capture()];
    const record = await create().step({ variables: [variable], domainLosses: whole, baseOptimizer: one });
    const step = () => create().step({ variables: [variable], domainLosses: split, baseOptimizer: several });
    if (coupled.includes(name)) {
      await expectNoTensorLeak(async () => {
        await expect(step()).rejects.toThrow('domain "domain 0" must come as one batch, got micro-batches');
      });
      expect(several.gradients).toEqual([]);
    } else {
      const found = await step();
      expect(several.gradients[0]!).toBeAllClose(one.gradients[0]!, { rtol: 5e-5, atol: 1e-6 });
      expect(found.loss).toBeAllClose(record.loss, { rtol: 1e-6 });
      expect(found.forwardBackwards).toBe(record.forwardBackwards);
    }
    tf.dispose([variable, inputs, labels]);
  });
});
