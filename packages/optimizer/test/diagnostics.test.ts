import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import {
  type Algorithm,
  type CommonOptions,
  type DomainLoss,
  erm,
  type JointLosses,
  type RogaOptions,
  roga,
  type StepRecord,
  sgd,
} from "@roga/optimizer";
import { useTestEngine } from "@roga/test-support";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bits, capture, type KnownLoss, knownLoss, norm } from "./support/probes.js";
import { tinyModel } from "./support/tiny-model.js";

let theta: tf.Variable;
let known: Record<string, KnownLoss>;

beforeEach(async () => {
  await useTestEngine();
  theta = tf.tidy(() => tf.variable(tf.tensor1d([0.3, -1.2, 0.7, 2.1])));
  known = { a: knownLoss(theta, 1.1, 0.2, 1), b: knownLoss(theta, 0.7, -0.5, -2), c: knownLoss(theta, 1.6, 1.4, 0.5) };
});
afterEach(() => theta.dispose());

type Vector = ArrayLike<number>;
const inner = (x: Vector, y: Vector) => Array.from(x).reduce((sum, value, i) => sum + value * y[i]!, 0);
const cosine = (x: Vector, y: Vector) => inner(x, y) / (norm(x) * norm(y));
const combined = (...terms: (readonly [number, Vector])[]) =>
  Float64Array.from(terms[0]![1], (_, i) => terms.reduce((sum, [factor, x]) => sum + factor * x[i]!, 0));
const lossAt = (loss: KnownLoss, at: Vector) =>
  tf.tidy(() => {
    const before = tf.clone(theta);
    theta.assign(tf.tensor1d(Array.from(at)));
    const value = loss.loss({ kind: "clean", step: 0, seed: 0, domain: "" }).dataSync()[0]!;
    theta.assign(before);
    return value;
  });

const every: CommonOptions = { diagnostics: { every: 1 } };
const losses = () => Object.fromEntries(Object.entries(known).map(([name, { loss }]) => [name, loss]));
const jointLosses: JointLosses = (pass) =>
  Object.fromEntries(Object.entries(known).map(([domain, { loss }]) => [domain, loss({ ...pass, domain })]));

function step(algorithm: Algorithm, domainLosses: Record<string, DomainLoss> = losses()): Promise<StepRecord> {
  return algorithm.step({ variables: [theta], domainLosses, jointLosses, baseOptimizer: capture() });
}

const close = { rtol: 1e-4, atol: 2e-6 };

describe("what is recorded", () => {
  const variants: [string, RogaOptions][] = [
    ["own", { alpha: 0.05 }],
    ["own, alpha 0", { alpha: 0 }],
    ["own, mixed", { alpha: 0.05, batchNormPass: "mixed" }],
    ["all", { alpha: 0.05, perturbedLoss: "all" }],
    ["all, alpha 0, mixed", { alpha: 0, perturbedLoss: "all", batchNormPass: "mixed" }],
    ["shared", { alpha: 0.05, ascent: "shared" }],
  ];
  test.each(variants)("%s: cosines, ‖h‖, cos(g, h) and sharpness are those of the definitions", async (_, options) => {
    const weights = { a: 1, b: 2, c: 5 };
    const w = { a: 1 / 8, b: 2 / 8, c: 5 / 8 };
    const names = ["a", "b", "c"] as const;
    const { alpha = 0, perturbedLoss, ascent } = options;
    const record = await step(roga({ ...every, ...options, rho: 0.2, weights }));
    const at = Float64Array.from(theta.dataSync());
    const g = Object.fromEntries(names.map((name) => [name, known[name]!.gradient(at)]));
    const whole = combined(...names.map((name) => [w[name], g[name]!] as const));
    const ascents = Object.fromEntries(names.map((name) => [name, combined([0.2 / norm(g[name]!), g[name]!])]));
    const mean = combined(...names.map((name) => [w[name], ascents[name]!] as const));
    const point = (name: string) =>
      combined([1, at], [1, ascent === "shared" ? mean : ascents[name]!], [-alpha, whole]);
    const h = combined(
      ...names.flatMap((name) =>
        (perturbedLoss === "all" ? names : [name]).map((other) => {
          const share = perturbedLoss === "all" ? w[name] * w[other] : w[name];
          return [share, known[other]!.gradient(point(name))] as const;
        }),
      ),
    );
    const { domainCosines, perturbedGradientNorm, alignment, sharpness } = record.diagnostics!;
    for (const first of names) {
      const others = names.filter((name) => name !== first);
      expect(Object.keys(domainCosines![first]!)).toEqual(others);
      for (const second of others) {
        expect(domainCosines![first]![second]!).toBeAllClose(cosine(g[first]!, g[second]!), close);
      }
      const rise = lossAt(known[first]!, point(first)) - lossAt(known[first]!, at);
      expect(sharpness![first]!).toBeAllClose(rise, { rtol: 1e-4, atol: 5e-6 });
    }
    expect(perturbedGradientNorm!).toBeAllClose(norm(h), close);
    expect(alignment!).toBeAllClose(cosine(whole, h), close);
  });

  test("erm: cosines alone, and nothing where one pass takes all domains", async () => {
    const g = Object.values(known).map((loss) => loss.gradient(theta.dataSync()));
    const { diagnostics } = await step(erm(every));
    expect(Object.keys(diagnostics!)).toEqual(["domainCosines"]);
    expect(diagnostics!.domainCosines!.a!.c!).toBeAllClose(cosine(g[0]!, g[2]!), close);
    expect((await step(erm({ ...every, batchNormPass: "mixed" }))).diagnostics).toEqual({});
    expect((await step(erm(every), { a: known.a!.loss })).diagnostics).toEqual({});
  });

  test("a domain without a gradient is orthogonal to all, and sharp nowhere", async () => {
    const flat: DomainLoss = () => tf.mul(tf.sum(theta), 0) as tf.Scalar;
    const { diagnostics } = await step(roga({ ...every, alpha: 0 }), { ...losses(), flat });
    expect(diagnostics!.domainCosines!.flat).toEqual({ a: 0, b: 0, c: 0 });
    expect(diagnostics!.domainCosines!.b!.flat).toBe(0);
    expect(diagnostics!.sharpness!.flat).toBe(0);
  });

  test("in the steps 0, n, 2n, … and in no other", async () => {
    const algorithm = roga({ diagnostics: { every: 3 } });
    const found: boolean[] = [];
    for (let i = 0; i < 7; i++) found.push((await step(algorithm)).diagnostics !== undefined);
    expect(found).toEqual([true, false, false, true, false, false, true]);
    expect(await step(roga())).not.toHaveProperty("diagnostics");
  });
});

describe("what it costs", () => {
  /** Names of the kernels that each of two steps runs. */
  async function kernels(algorithm: Algorithm): Promise<string[][]> {
    const runs: string[][] = [];
    for (let i = 0; i < 2; i++) {
      const { kernels: run } = await tf.profile(async () => {
        await step(algorithm);
        return tf.scalar(0);
      });
      runs.push(run.map(({ name }) => name));
    }
    return runs;
  }

  test.each<[string, (options: CommonOptions) => Algorithm]>([
    ["erm", erm],
    ["roga", roga],
    ["roga, alpha 0", (options) => roga({ ...options, alpha: 0 })],
    ["roga, shared", (options) => roga({ ...options, ascent: "shared" })],
  ])("%s: not one kernel in the steps that do not ask", async (_, create) => {
    const [, off] = await kernels(create({}));
    const [asked, skipped] = await kernels(create({ diagnostics: { every: 2 } }));
    expect(skipped).toEqual(off);
    expect(asked!.length).toBeGreaterThan(off!.length);
    expect(off!.length).toBeGreaterThan(30);
  });

  test("no pass, and no bit of the training, in those that do", async () => {
    for (const create of [erm, (options: CommonOptions) => roga({ ...options, rho: 0.3, alpha: 0 })]) {
      const [plain, observed] = [tinyModel(), tinyModel()];
      const [off, on] = [create({}), create(every)];
      const optimizers = [sgd({ learningRate: 0.1 }), sgd({ learningRate: 0.1 })] as const;
      for (let i = 0; i < 4; i++) {
        const without = await off.step({ ...plain, baseOptimizer: optimizers[0] });
        const { diagnostics, ...record } = await on.step({ ...observed, baseOptimizer: optimizers[1] });
        expect(record).toEqual(without);
        expect(diagnostics).toHaveProperty("domainCosines");
      }
      expect(bits(observed.variables)).toEqual(bits(plain.variables));
      expect(bits(observed.buffers)).toEqual(bits(plain.buffers));
      plain.dispose();
      observed.dispose();
    }
  });

  test("K + 1 parameter-sized buffers at most, and no tensor afterwards", async () => {
    const variables = Array.from({ length: 100 }, (_, i) => tf.tidy(() => tf.variable(tf.tensor1d([i / 10 + 1, 2]))));
    for (const options of [{}, { alpha: 0 }, { perturbedLoss: "all" }, { ascent: "shared" }] as RogaOptions[]) {
      let [most, base] = [0, 0];
      const loss = (k: number) => () => {
        most = Math.max(most, Math.floor((tf.memory().numDataBuffers - base) / variables.length));
        return tf.sum(tf.sin(tf.mul(tf.stack(variables), k + 1))) as tf.Scalar;
      };
      const algorithm = roga({ ...options, ...every });
      const context = { variables, domainLosses: { a: loss(0), b: loss(1), c: loss(2) }, baseOptimizer: capture() };
      base = tf.memory().numDataBuffers;
      const tensors = tf.memory().numTensors;
      await algorithm.step(context);
      expect(most).toBeGreaterThanOrEqual(algorithm.parameterBuffers(3));
      expect(most).toBeLessThanOrEqual(algorithm.parameterBuffers(3) + 4);
      expect(tf.memory()).toMatchObject({ numDataBuffers: base, numTensors: tensors });
    }
    tf.dispose(variables);
  });
});
