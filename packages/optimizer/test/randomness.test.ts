import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import { type DomainLoss, erm, type LossPass, type RogaOptions, roga, sgd, withSeededRandom } from "@roga/optimizer";
import { stream } from "@roga/tensor-utils/random";
import { useTestEngine } from "@roga/test-support";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type TinyModel, tinyModel } from "./support/tiny-model.js";

describe("withSeededRandom", () => {
  test("gives the named stream while it runs, nests, and puts the former function back", () => {
    const former = Math.random;
    const expected = stream(5, "Math.random");
    const drawn = withSeededRandom(5, () => [Math.random(), withSeededRandom(6, () => Math.random()), Math.random()]);
    expect(drawn).toEqual([expected.uniform(), stream(6, "Math.random").uniform(), expected.uniform()]);
    expect(Math.random).toBe(former);
    expect(() =>
      withSeededRandom(5, () => {
        throw new Error("inside");
      }),
    ).toThrow("inside");
    expect(Math.random).toBe(former);
  });

  test("makes an unseeded tf.dropout repeat itself", async () => {
    await useTestEngine();
    const mask = (seed: number) =>
      withSeededRandom(seed, () => tf.tidy(() => tf.dropout(tf.ones([200]), 0.5).dataSync()));
    expect(mask(1)).toEqual(mask(1));
    expect(mask(1)).not.toEqual(mask(2));
    expect(mask(1).filter((value) => value === 2).length).toBeGreaterThan(60);
  });
});

describe("a stock layers model with dropout", () => {
  let model: TinyModel;
  beforeEach(async () => {
    await useTestEngine();
    model = tinyModel(0.5);
  });
  afterEach(() => model.dispose());

  // A perturbation below the spacing of floats: two passes at the same point, told apart by their masks alone.
  const still: RogaOptions = { rho: 0, alpha: 1e-30, seed: "masks" };
  const baseOptimizer = sgd({ learningRate: 0 });

  test.each<[string, RogaOptions]>([
    ["own", {}],
    ["all", { perturbedLoss: "all" }],
    ["shared", { ascent: "shared" }],
    ["mixed", { batchNormPass: "mixed" }],
    ["mixed, all", { batchNormPass: "mixed", perturbedLoss: "all" }],
  ])("%s: the perturbed pass meets the masks of the clean pass, unless told otherwise", async (_, options) => {
    const reused = await roga({ ...still, ...options }).step({ ...model, baseOptimizer });
    expect(reused.perturbedLoss).toBeAllClose(reused.loss, { rtol: 1e-7 });
    const fresh = await roga({ ...still, ...options, perturbedRandomness: "fresh" }).step({ ...model, baseOptimizer });
    expect(fresh.loss).toBe(reused.loss);
    expect(Math.abs(fresh.perturbedLoss! - fresh.loss)).toBeGreaterThan(1e-4);
  });

  test("masks differ between steps, and are the same for every algorithm of one seed", async () => {
    const robust = roga(still);
    const plain = erm({ seed: "masks" });
    const [first, second] = [
      await robust.step({ ...model, baseOptimizer }),
      await robust.step({ ...model, baseOptimizer }),
    ];
    expect(second.loss).not.toBe(first.loss);
    expect((await plain.step({ ...model, baseOptimizer })).domainLosses).toEqual(first.domainLosses);
    expect((await plain.step({ ...model, baseOptimizer })).domainLosses).toEqual(second.domainLosses);
    expect((await erm({ seed: "others" }).step({ ...model, baseOptimizer })).loss).not.toBe(first.loss);
  });
});

describe("the seed that a closure is told", () => {
  let theta: tf.Variable;
  beforeEach(async () => {
    await useTestEngine();
    theta = tf.variable(tf.tensor1d([1, 2]));
  });
  afterEach(() => theta.dispose());

  async function passes(options: RogaOptions): Promise<LossPass[]> {
    const seen: LossPass[] = [];
    const loss: DomainLoss = (pass) => {
      seen.push(pass);
      return tf.sum(tf.square(theta)) as tf.Scalar;
    };
    const algorithm = roga(options);
    const context = { variables: [theta], domainLosses: { a: loss, b: loss }, baseOptimizer: sgd({ learningRate: 0 }) };
    await algorithm.step(context);
    await algorithm.step(context);
    return seen;
  }

  test("belongs to the step and the domain, in whatever order the passes come", async () => {
    for (const options of [{}, { alpha: 0 }, { perturbedLoss: "all" }] as RogaOptions[]) {
      const seen = await passes(options);
      const seeds = new Map(seen.map(({ step, domain, seed }) => [`${step} ${domain}`, seed]));
      expect(new Set(seeds.values()).size).toBe(4);
      for (const { step, domain, seed } of seen) {
        expect(seed).toBe(seeds.get(`${step} ${domain}`));
        expect(seed).toBe(stream(0, "loss", step, "domain", domain).seed32());
      }
    }
  });

  test("fresh: belongs to the point as well", async () => {
    const seen = await passes({ perturbedLoss: "all", perturbedRandomness: "fresh" });
    expect(seen.length).toBe(2 * (2 + 4));
    expect(new Set(seen.map(({ seed }) => seed)).size).toBe(seen.length);
  });
});
