import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import { type Algorithm, type DomainLoss, erm, type RogaOptions, roga, type StepRecord, sgd } from "@roga/optimizer";
import { useTestEngine } from "@roga/test-support";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bits, capture, type KnownLoss, knownLoss, norm } from "./support/probes.js";
import { type TinyModel, tinyModel } from "./support/tiny-model.js";

let theta: tf.Variable;
let known: Record<string, KnownLoss>;

beforeEach(async () => {
  await useTestEngine();
  theta = tf.variable(tf.tensor1d([0.3, -1.2, 0.7, 2.1]));
  known = { a: knownLoss(theta, 1.1, 0.2, 1), b: knownLoss(theta, 0.7, -0.5, -2), c: knownLoss(theta, 1.6, 1.4, 0.5) };
});
afterEach(() => theta.dispose());

const losses = (of: Record<string, KnownLoss> = known): Record<string, DomainLoss> =>
  Object.fromEntries(Object.entries(of).map(([name, { loss }]) => [name, loss]));

/** G, and the record, of one step at θ. */
async function gradientOf(
  algorithm: Algorithm,
  domainLosses = losses(),
): Promise<{ g: Float64Array; record: StepRecord }> {
  const baseOptimizer = capture();
  const record = await algorithm.step({ variables: [theta], domainLosses, baseOptimizer });
  return { g: Float64Array.from(baseOptimizer.gradients[0]!), record };
}

/** The points at which the domains' losses were evaluated in perturbed passes, less θ. */
async function perturbations(options: RogaOptions, domainLosses = losses()): Promise<Record<string, Float64Array>> {
  const at = Float64Array.from(theta.dataSync());
  const found: Record<string, Float64Array> = {};
  const watched = Object.fromEntries(
    Object.entries(domainLosses).map(([name, loss]): [string, DomainLoss] => [
      name,
      (pass) => {
        if (pass.kind === "perturbed") found[name] = Float64Array.from(theta.dataSync(), (x, i) => x - at[i]!);
        return loss(pass);
      },
    ]),
  );
  await gradientOf(roga(options), watched);
  return found;
}

const combined = (...terms: (readonly [number, ArrayLike<number>])[]): Float64Array =>
  Float64Array.from(terms[0]![1], (_, i) => terms.reduce((sum, [factor, x]) => sum + factor * x[i]!, 0));

const variants: [string, RogaOptions][] = [
  ["own", {}],
  ["own, alpha 0", { alpha: 0 }],
  ["all", { perturbedLoss: "all", alpha: 0.05 }],
  ["all, alpha 0", { perturbedLoss: "all", alpha: 0 }],
  ["shared", { ascent: "shared", alpha: 0.05 }],
  ["shared, alpha 0", { ascent: "shared", alpha: 0 }],
  ["adaptive", { adaptive: true, isWeight: () => true }],
];

describe("property 1: without perturbation G is the ERM gradient", () => {
  let model: TinyModel;
  beforeEach(() => {
    model = tinyModel();
  });
  afterEach(() => model.dispose());

  async function of(algorithm: Algorithm): Promise<{ g: Float32Array[]; record: StepRecord }> {
    const baseOptimizer = capture();
    const record = await algorithm.step({ ...model, baseOptimizer });
    return { g: [...baseOptimizer.gradients], record };
  }

  test("rho = alpha = 0: bit for bit with mean, twice it with sum, at the cost of ERM", async () => {
    const expected = await of(erm());
    const mean = await of(roga({ rho: 0, alpha: 0 }));
    const sum = await of(roga({ rho: 0, alpha: 0, combine: "sum" }));
    expect(mean.g).toEqual(expected.g);
    expect(sum.g).toEqual(expected.g.map((values) => values.map((value) => 2 * value)));
    expect([mean.record.forwardBackwards, sum.record.forwardBackwards]).toEqual([1, 1]);
  });

  test("a perturbation below the spacing of floats: bit for bit through both passes", async () => {
    const expected = await of(erm());
    for (const perturbedLoss of ["own", "all"] as const) {
      const { g, record } = await of(roga({ rho: 0, alpha: 1e-30, perturbedLoss, diagnostics: { every: 1 } }));
      expect(record.forwardBackwards).toBe(perturbedLoss === "own" ? 2 : 4);
      expect(record.diagnostics!.alignment).toBeAllClose(1, { rtol: 1e-6 });
      if (perturbedLoss === "own") expect(g).toEqual(expected.g);
      else
        for (const [i, values] of g.entries()) expect(values).toBeAllClose(expected.g[i]!, { rtol: 1e-5, atol: 1e-7 });
    }
    // α = 0 and a shared point sum g and h in one buffer, in another order
    for (const options of [{ alpha: 0 }, { alpha: 1e-30, ascent: "shared" as const }]) {
      const { g } = await of(roga({ rho: 1e-30, ...options }));
      for (const [i, values] of g.entries()) expect(values).toBeAllClose(expected.g[i]!, { rtol: 1e-5, atol: 1e-7 });
    }
  });
});

describe("property 2: one domain", () => {
  test("mean, not adaptive, is SAGM at the same rho and alpha", async () => {
    const { a } = known as { a: KnownLoss };
    for (const [rho, alpha] of [
      [0.1, 0.02],
      [0.5, 0],
      [0, 0.3],
    ] as const) {
      const at = theta.dataSync();
      const g = a.gradient(at);
      const s = rho / (norm(g) + 1e-12) - alpha;
      const h = a.gradient(combined([1, at], [s, g]));
      for (const options of [{}, { perturbedLoss: "all" }, { ascent: "shared" }] as const) {
        const { g: actual } = await gradientOf(roga({ rho, alpha, ...options }), { a: a.loss });
        expect(actual).toBeAllClose(combined([0.5, g], [0.5, h]), { rtol: 1e-5, atol: 1e-6 });
      }
    }
  });

  test("alpha 0: the perturbed share of the sum is SAM", async () => {
    const { a } = known as { a: KnownLoss };
    const at = theta.dataSync();
    const g = a.gradient(at);
    const sam = a.gradient(combined([1, at], [0.3 / norm(g), g]));
    const { g: sum } = await gradientOf(roga({ rho: 0.3, alpha: 0, combine: "sum" }), { a: a.loss });
    expect(combined([1, sum], [-1, g])).toBeAllClose(sam, { rtol: 1e-5, atol: 1e-6 });
  });
});

describe.each(variants)("property 3, %s:", (_, options) => {
  test("copies of one domain are one domain", async () => {
    const { loss } = known.a!;
    const one = await gradientOf(roga(options), { a: loss });
    const three = await gradientOf(roga(options), { a: loss, copy: loss, another: loss });
    expect(three.g).toBeAllClose(one.g, { rtol: 2e-6, atol: 1e-6 });
  });

  test("the order of the domains changes nothing beyond rounding", async () => {
    const forth = await gradientOf(roga(options));
    const back = await gradientOf(roga(options), Object.fromEntries(Object.entries(losses()).toReversed()));
    expect(Object.keys(back.record.domainLosses)).toEqual(["c", "b", "a"]);
    expect(back.g).toBeAllClose(forth.g, { rtol: 2e-6, atol: 1e-6 });
  });
});

describe("property 4: the ascent", () => {
  test("has norm rho and the direction of the domain's gradient", async () => {
    const found = await perturbations({ rho: 0.25, alpha: 0 });
    expect(Object.keys(found)).toEqual(["a", "b", "c"]);
    for (const [name, e] of Object.entries(found)) {
      const g = known[name]!.gradient(theta.dataSync());
      expect(norm(e)).toBeAllClose(0.25, { rtol: 1e-6 });
      expect(e).toBeAllClose(combined([0.25 / norm(g), g]), { rtol: 1e-5, atol: 1e-6 });
    }
  });

  test("shared: is the mean of the domains' directions, everywhere the same", async () => {
    const found = await perturbations({ rho: 0.25, alpha: 0, ascent: "shared" });
    const directions = Object.values(known).map(({ gradient }) => gradient(theta.dataSync()));
    const mean = combined(...directions.map((g) => [0.25 / 3 / norm(g), g] as const));
    for (const e of Object.values(found)) expect(e).toBeAllClose(mean, { rtol: 1e-5, atol: 1e-6 });
  });

  test("adaptive: scales by |θ| + η twice and keeps ‖T⁻¹e‖ = rho", async () => {
    const found = await perturbations({ rho: 0.25, alpha: 0, adaptive: true, eta: 0.1, isWeight: () => true });
    const at = theta.dataSync();
    for (const [name, e] of Object.entries(found)) {
      const t = Float64Array.from(at, (x) => Math.abs(x) + 0.1);
      const tg = known[name]!.gradient(at).map((value, i) => value * t[i]!);
      expect(norm(e.map((value, i) => value / t[i]!))).toBeAllClose(0.25, { rtol: 1e-5 });
      const expected = tg.map((value, i) => (0.25 * t[i]! * value) / norm(tg));
      expect(e).toBeAllClose(expected, { rtol: 1e-5, atol: 1e-6 });
    }
    // θ has rank 1, so by default it is no weight tensor and T is I
    const plain = await perturbations({ rho: 0.25, alpha: 0, adaptive: true });
    for (const e of Object.values(plain)) expect(norm(e)).toBeAllClose(0.25, { rtol: 1e-6 });
  });

  test("does not change when every loss is scaled, while alpha g scales with it", async () => {
    const scaled = (factor: number) =>
      Object.fromEntries(
        Object.entries(losses()).map(([name, loss]): [string, DomainLoss] => [
          name,
          (pass) => tf.mul(loss(pass), factor) as tf.Scalar,
        ]),
      );
    const ascending = { rho: 0.25, alpha: 0 };
    const descending = { rho: 0, alpha: 0.01 };
    for (const [name, e] of Object.entries(await perturbations(ascending, scaled(64)))) {
      expect(e).toBeAllClose((await perturbations(ascending))[name]!, { rtol: 1e-6, atol: 1e-7 });
    }
    const [once, eight] = [await perturbations(descending), await perturbations(descending, scaled(8))];
    for (const [name, step] of Object.entries(eight)) {
      expect(step).toBeAllClose(combined([8, once[name]!]), { rtol: 1e-4, atol: 2e-6 });
    }
  });
});

describe("property 5: degenerate domains", () => {
  const flat: DomainLoss = () => tf.mul(tf.sum(theta), 0) as tf.Scalar;

  test.each(variants)("%s: a zero gradient gives no NaN and no ascent", async (_, options) => {
    const { g, record } = await gradientOf(roga(options), { ...losses(), flat });
    expect(g.every(Number.isFinite)).toBe(true);
    expect(record.domainGradientNorms).toMatchObject({ flat: 0 });
    const all = await gradientOf(roga({ ...options, diagnostics: { every: 1 } }), { flat });
    expect(all.g).toEqual(new Float64Array(4));
    expect(all.record.diagnostics!.alignment).toBe(0);
  });

  test("a flat domain's point is θ − αg, and the others keep their weights", async () => {
    const found = await perturbations({ rho: 0.25, alpha: 0 }, { ...losses(), flat });
    expect(found.flat).toEqual(new Float64Array(4));
    const { record } = await gradientOf(roga(), { ...losses(), flat });
    const { a, b, c } = record.domainLosses as { a: number; b: number; c: number };
    expect(record.loss).toBeAllClose((a + b + c) / 4, { rtol: 1e-6 });
  });

  test("weights are those of the domains present", async () => {
    const options = { weights: { a: 1, b: 2, c: 5 } };
    const { a, b } = losses() as { a: DomainLoss; b: DomainLoss };
    const { g, record } = await gradientOf(erm(options), { a, b });
    const at = theta.dataSync();
    expect(g).toBeAllClose(combined([1 / 3, known.a!.gradient(at)], [2 / 3, known.b!.gradient(at)]), { rtol: 1e-5 });
    expect(record.loss).toBeAllClose(record.domainLosses.a! / 3 + (2 * record.domainLosses.b!) / 3);
    const alone = await gradientOf(roga(options), { b });
    expect(alone.g).toEqual((await gradientOf(roga(), { b })).g);
  });
});

describe("property 6: what a step leaves alone", () => {
  const tests: [string, Algorithm, Algorithm][] = [
    ["own", roga({ rho: 0.3, alpha: 0.01 }), erm()],
    ["own, alpha 0", roga({ rho: 0.3, alpha: 0 }), erm()],
    ["all", roga({ rho: 0.3, perturbedLoss: "all" }), erm()],
    ["shared", roga({ rho: 0.3, ascent: "shared" }), erm()],
    ["mixed", roga({ rho: 0.3, batchNormPass: "mixed" }), erm({ batchNormPass: "mixed" })],
    ["mixed, shared", roga({ ascent: "shared", batchNormPass: "mixed" }), erm({ batchNormPass: "mixed" })],
  ];
  test.each(tests)(
    "%s: θ is bit-exact at learning rate 0, and the statistics are ERM's",
    async (_, algorithm, plain) => {
      const model = tinyModel();
      const before = bits(model.variables);
      const initial = bits(model.buffers);
      const baseOptimizer = sgd({ learningRate: 0 });
      await algorithm.step({ ...model, baseOptimizer });
      expect(bits(model.variables)).toEqual(before);
      const other = tinyModel();
      await plain.step({ ...other, baseOptimizer });
      expect(bits(model.buffers)).toEqual(bits(other.buffers));
      expect(bits(model.buffers)).not.toEqual(initial);
      model.dispose();
      other.dispose();
    },
  );

  test("statistics that are not named as buffers do move in perturbed passes", async () => {
    const model = tinyModel();
    const other = tinyModel();
    const baseOptimizer = sgd({ learningRate: 0 });
    await roga({ rho: 0.3 }).step({ ...model, buffers: [], baseOptimizer });
    await erm().step({ ...other, baseOptimizer });
    expect(bits(model.buffers)).not.toEqual(bits(other.buffers));
    model.dispose();
    other.dispose();
  });
});

test("property 7: on quadratics h = g + A(mean e_k − αg)", async () => {
  const n = 3;
  const entry = fc.integer({ min: -200, max: 200 }).map((value) => value / 100);
  const vector = fc.array(entry, { minLength: n, maxLength: n });
  const factors = fc.array(vector, { minLength: n, maxLength: n });
  const radius = fc.integer({ min: 0, max: 50 }).map((value) => value / 100);
  await fc.assert(
    fc.asyncProperty(
      factors,
      vector,
      fc.array(vector, { minLength: 1, maxLength: 4 }),
      radius,
      radius,
      async (b, at, centres, rho, alpha) => {
        // A = BᵀB/4 is symmetric; its product with a vector in float64
        const matrix = b.map((_, i) => b.map((__, j) => b.reduce((sum, row) => sum + (row[i]! * row[j]!) / 4, 0)));
        const times = (x: ArrayLike<number>) =>
          Float64Array.from(matrix, (row) => row.reduce((sum, value, j) => sum + value * x[j]!, 0));
        const gradients = centres.map((centre) => times(combined([1, at], [-1, centre])));
        const share = 1 / centres.length;
        const g = combined(...gradients.map((value) => [share, value] as const));
        const e = combined(...gradients.map((value) => [(share * rho) / (norm(value) + 1e-12), value] as const));
        // the direction of a gradient that is zero but for rounding is not defined in float32
        fc.pre(gradients.every((value) => norm(value) > 1e-3));
        const h = combined([1, g], [1, times(combined([1, e], [-alpha, g]))]);

        const variable = tf.variable(tf.tensor1d(at));
        const a = tf.tensor2d(matrix);
        const domainLosses = Object.fromEntries(
          centres.map((centre, k): [string, DomainLoss] => [
            `domain ${k}`,
            () => {
              const d = tf.reshape(tf.sub(variable, tf.tensor1d(centre)), [n, 1]);
              return tf.mul(tf.sum(tf.mul(d, tf.matMul(a, d))), 0.5) as tf.Scalar;
            },
          ]),
        );
        const baseOptimizer = capture();
        await roga({ rho, alpha, combine: "sum" }).step({ variables: [variable], domainLosses, baseOptimizer });
        expect(baseOptimizer.gradients[0]!).toBeAllClose(combined([1, g], [1, h]), { rtol: 1e-4, atol: 2e-4 });
        tf.dispose([variable, a]);
      },
    ),
    { numRuns: 60 },
  );
});
