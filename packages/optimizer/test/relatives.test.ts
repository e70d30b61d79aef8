import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import {
  type Algorithm,
  adam,
  asam,
  coral,
  type DomainForward,
  type DomainLoss,
  erm,
  fish,
  fishr,
  fromTfjs,
  gacFasRelease,
  groupDro,
  irm,
  mldg,
  OptionError,
  roga,
  StateError,
  type StepContext,
  StepContextError,
  type StepRecord,
  sagm,
  sam,
  vrex,
} from "@roga/optimizer";
import { useTestEngine } from "@roga/test-support";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bits, capture, type KnownLoss, knownLoss, norm } from "./support/probes.js";
import { type TinyModel, tinyModel } from "./support/tiny-model.js";

let theta: tf.Variable;
let known: Record<"a" | "b" | "c", KnownLoss>;
let model: TinyModel;

beforeEach(async () => {
  await useTestEngine();
  theta = tf.variable(tf.tensor1d([0.3, -1.2, 0.7, 2.1]));
  known = { a: knownLoss(theta, 1.1, 0.2, 1), b: knownLoss(theta, 0.7, -0.5, -2), c: knownLoss(theta, 1.6, 1.4, 0.5) };
  model = tinyModel();
});
afterEach(() => {
  theta.dispose();
  model.dispose();
});

const losses = (names: readonly ("a" | "b" | "c")[] = ["a", "b", "c"]): Record<string, DomainLoss> =>
  Object.fromEntries(names.map((name) => [name, known[name].loss]));
const combined = (...terms: (readonly [number, ArrayLike<number>])[]): Float64Array =>
  Float64Array.from(terms[0]![1], (_, i) => terms.reduce((sum, [factor, x]) => sum + factor * x[i]!, 0));
const gradients = () => Object.values(known).map(({ gradient }) => gradient(theta.dataSync()));

/** G, and the record, of one step at θ of the known losses. */
async function gradientOf(
  algorithm: Algorithm,
  domainLosses: Record<string, DomainForward> = losses(),
): Promise<{ g: Float64Array; record: StepRecord }> {
  const baseOptimizer = capture();
  const record = await algorithm.step({ variables: [theta], domainLosses, baseOptimizer });
  return { g: Float64Array.from(baseOptimizer.gradients[0]!), record };
}

/** G of one step of the model. */
async function ofModel(algorithm: Algorithm, domainLosses = model.outputs): Promise<Float32Array[]> {
  const baseOptimizer = capture();
  await algorithm.step({ ...model, domainLosses, baseOptimizer });
  algorithm.dispose();
  return [...baseOptimizer.gradients];
}

const near = { rtol: 1e-5, atol: 1e-6 };

describe("what a relative is to ERM, SAM and RoGA", () => {
  test("without a perturbation sam and asam are ERM bit for bit, and sagm but for rounding", async () => {
    const plain = await ofModel(erm());
    expect(await ofModel(sam({ rho: 0 }))).toEqual(plain);
    expect(await ofModel(asam({ rho: 0 }))).toEqual(plain);
    // sums g and h in one buffer, in another order
    for (const [i, values] of (await ofModel(sagm({ rho: 0, alpha: 0 }))).entries()) {
      expect(values).toBeAllClose(plain[i]!, { rtol: 1e-6, atol: 1e-7 });
    }
  });

  test("penalties without a weight are ERM", async () => {
    const plain = await ofModel(erm());
    const still = { lambda: 0, annealSteps: 0 };
    const same = [
      groupDro({ eta: 0 }),
      vrex(still),
      irm(still),
      coral({ gamma: 0 }),
      mldg({ beta: 0 }),
      fishr(still),
      fish({ innerLearningRate: 0, metaLearningRate: 1 / 3 }),
    ];
    for (const algorithm of same) {
      for (const [i, values] of (await ofModel(algorithm)).entries()) expect(values).toBeAllClose(plain[i]!, near);
    }
  });

  test("one domain: roga is sagm bit for bit, and the perturbed share of its sum is sam", async () => {
    for (const [rho, alpha] of [
      [0.1, 0.02],
      [0.5, 0],
      [0, 0.3],
    ] as const) {
      const one = { a: known.a.loss };
      expect((await gradientOf(roga({ rho, alpha }), one)).g).toEqual((await gradientOf(sagm({ rho, alpha }), one)).g);
    }
    const one = { a: known.a.loss };
    const plain = await gradientOf(erm(), one);
    const sum = await gradientOf(roga({ rho: 0.3, alpha: 0, combine: "sum" }), one);
    expect(combined([1, sum.g], [-1, plain.g])).toBeAllClose((await gradientOf(sam({ rho: 0.3 }), one)).g, near);
    const adaptive = await gradientOf(
      roga({ rho: 0.3, alpha: 0, combine: "sum", adaptive: true, isWeight: () => true }),
      one,
    );
    const asamAlone = await gradientOf(asam({ rho: 0.3, isWeight: () => true }), one);
    expect(combined([1, adaptive.g], [-1, plain.g])).toBeAllClose(asamAlone.g, near);
    expect(asamAlone.g).not.toEqual((await gradientOf(sam({ rho: 0.3 }), one)).g);
  });

  test("several domains: sagm is not roga, whose ascents are the domains' own", async () => {
    const options = { rho: 0.5, alpha: 0.02 };
    const [own, common] = [(await gradientOf(roga(options))).g, (await gradientOf(sagm(options))).g];
    expect(norm(combined([1, own], [-1, common]))).toBeGreaterThan(0.01 * norm(own));
  });
});

const symmetric: [string, () => Algorithm][] = [
  ["sam", () => sam({ rho: 0.3 })],
  ["asam", () => asam({ rho: 0.3 })],
  ["sagm", () => sagm({ rho: 0.3, alpha: 0.01 })],
  ["groupDro", () => groupDro({ eta: 0.5 })],
  ["vrex", () => vrex({ lambda: 3, annealSteps: 0 })],
  ["irm", () => irm({ lambda: 3, annealSteps: 0 })],
  ["coral", () => coral({ gamma: 3 })],
  ["fishr", () => fishr({ lambda: 3, annealSteps: 0 })],
];
describe.each(symmetric)("%s", (_, create) => {
  test("the order of the domains changes nothing beyond rounding", async () => {
    const forth = await ofModel(create());
    const back = await ofModel(create(), Object.fromEntries(Object.entries(model.outputs).toReversed()));
    for (const [i, values] of back.entries()) expect(values).toBeAllClose(forth[i]!, near);
  });

  test("copies of one domain are one domain", async () => {
    const own = model.outputs.face2face!;
    const one = await ofModel(create(), { own });
    const three = await ofModel(create(), { own, copy: own, another: own });
    for (const [i, values] of three.entries()) expect(values).toBeAllClose(one[i]!, near);
  });
});

describe("gacFasRelease", () => {
  const plain = { rho: 0.25, isWeight: () => false };

  /** The perturbations of its points, in order. */
  async function points(options: object, names?: readonly ("a" | "b" | "c")[]): Promise<Float64Array[]> {
    const at = Float64Array.from(theta.dataSync());
    const found: Float64Array[] = [];
    const watched = Object.entries(losses(names)).map(([name, loss], k): [string, DomainLoss] => [
      name,
      (pass) => {
        if (pass.kind === "perturbed" && k === 0) found.push(Float64Array.from(theta.dataSync(), (x, i) => x - at[i]!));
        return loss(pass);
      },
    ]);
    await gradientOf(gacFasRelease({ ...plain, ...options }), Object.fromEntries(watched));
    return found;
  }

  test("three domains: the directions are g1, g2 and g3 − g1", async () => {
    const [g1, g2, g3] = gradients() as [Float64Array, Float64Array, Float64Array];
    const expected = [g1, g2, combined([1, g3], [-1, g1])];
    const found = await points({ alpha: 0 });
    expect(found.length).toBe(3);
    for (const [k, e] of found.entries()) {
      expect(e).toBeAllClose(combined([0.25 / norm(expected[k]!), expected[k]!]), near);
    }
  });

  test("α multiplies K g1 + … + gK, of losses divided by K", async () => {
    const [g1, g2, g3] = gradients() as [Float64Array, Float64Array, Float64Array];
    const running = combined([3 / 3, g1], [2 / 3, g2], [1 / 3, g3]);
    for (const step of await points({ rho: 0, alpha: 0.1 })) expect(step).toBeAllClose(combined([-0.1, running]), near);
  });

  test("two domains: what roga sums over both, with the α term unbalanced", async () => {
    const released = await gradientOf(gacFasRelease({ ...plain, alpha: 0 }), losses(["a", "b"]));
    const options = { rho: 0.25, alpha: 0, perturbedLoss: "all", combine: "sum" } as const;
    expect(released.g).toBeAllClose((await gradientOf(roga(options), losses(["a", "b"]))).g, near);
    const back = await gradientOf(gacFasRelease({ ...plain, alpha: 0 }), losses(["b", "a"]));
    expect(back.g).toBeAllClose(released.g, near);
  });

  test("three domains: the result depends on their order", async () => {
    const forth = await gradientOf(gacFasRelease({ ...plain, alpha: 0 }));
    const back = await gradientOf(gacFasRelease({ ...plain, alpha: 0 }), losses(["c", "b", "a"]));
    expect(norm(combined([1, forth.g], [-1, back.g]))).toBeGreaterThan(1e-3 * norm(forth.g));
  });

  test("scales what PyTorch calls weights by default: kernels and normalization scales", async () => {
    const named = (pattern: RegExp) => gacFasRelease({ isWeight: ({ name }) => pattern.test(name) });
    expect(await ofModel(gacFasRelease())).toEqual(await ofModel(named(/kernel|gamma/)));
    expect(await ofModel(gacFasRelease())).not.toEqual(await ofModel(named(/kernel/)));
  });

  test("begins with ERM steps if told to", async () => {
    const algorithm = gacFasRelease({ warmupSteps: 1 });
    expect((await gradientOf(algorithm)).g).toEqual((await gradientOf(erm())).g);
    expect((await gradientOf(algorithm)).record.forwardBackwards).toBe(4);
  });
});

describe("groupDro", () => {
  const weightsOf = (algorithm: Algorithm) => {
    const state = algorithm.state();
    const entries = Object.entries(state).filter(([name]) => name !== "step");
    const values = entries.map(([name, tensor]) => [name, tensor.dataSync()[0]!] as const);
    tf.dispose(state);
    return Object.fromEntries(values);
  };

  test("q follows exp(η L), and those present keep their sum", async () => {
    const algorithm = groupDro({ eta: 0.5 });
    const { record } = await gradientOf(algorithm);
    const grown = Object.values(record.domainLosses).map((loss) => Math.exp(0.5 * loss));
    const total = grown.reduce((sum, value) => sum + value, 0);
    const expected = grown.map((value) => (3 * value) / total);
    const first = weightsOf(algorithm);
    expect(Object.keys(first)).toEqual(["q/a", "q/b", "q/c"]);
    expect(Object.values(first)).toBeAllClose(expected, near);
    await gradientOf(algorithm, losses(["a", "b"]));
    const second = weightsOf(algorithm);
    expect(second["q/c"]).toBe(first["q/c"]);
    expect(second["q/a"]! + second["q/b"]!).toBeAllClose(first["q/a"]! + first["q/b"]!, near);
    algorithm.dispose();
    expect(weightsOf(algorithm)).toEqual({});
  });

  test("stays finite over losses that would overflow q", async () => {
    const large: DomainLoss = (pass) => tf.add(known.a.loss(pass), 50) as tf.Scalar;
    const algorithm = groupDro({ eta: 1 });
    for (let step = 0; step < 5; step++) await gradientOf(algorithm, { large, b: known.b.loss });
    const { "q/large": q } = weightsOf(algorithm);
    expect(q!).toBeAllClose(2, near);
    algorithm.dispose();
  });
});

describe("orders", () => {
  test("fish and mldg draw one for each step from the seed, and keep the given one if told to", async () => {
    const walks = async (create: (order: "random" | "given", seed: number) => Algorithm, order: "random" | "given") => {
      const seen = new Set<string>();
      for (let seed = 0; seed < 30; seed++) seen.add((await gradientOf(create(order, seed))).g.join());
      return seen.size;
    };
    const fishes = (order: "random" | "given", seed: number) => fish({ order, seed, innerLearningRate: 0.1 });
    const mldgs = (order: "random" | "given", seed: number) => mldg({ order, seed, innerLearningRate: 0.1 });
    expect(await walks(fishes, "given")).toBe(1);
    expect(await walks(mldgs, "given")).toBe(1);
    expect(await walks(fishes, "random")).toBe(6); // all permutations of three
    expect(await walks(mldgs, "random")).toBe(2); // the two cycles of three
    expect((await gradientOf(fishes("random", 3))).g).toEqual((await gradientOf(fishes("random", 3))).g);
  });

  test("their inner rate is the base optimizer's unless given", async () => {
    for (const create of [fish, mldg]) {
      const run = async (options: object) => {
        const baseOptimizer = { ...capture(), learningRate: 0.2 };
        await create(options).step({ variables: [theta], domainLosses: losses(), baseOptimizer });
        return baseOptimizer.gradients[0]!;
      };
      expect(await run({})).toEqual(await run({ innerLearningRate: 0.2 }));
      expect(await run({})).not.toEqual(await run({ innerLearningRate: 0.1 }));
    }
  });
});

describe("annealing", () => {
  const create = { vrex, irm, fishr };

  test.each(["vrex", "irm", "fishr"] as const)(
    "%s: the base optimizer begins anew at the jump, unless told not to",
    async (name) => {
      for (const resetOptimizer of [true, false]) {
        const algorithm = create[name]({ annealSteps: 2, resetOptimizer });
        const baseOptimizer = adam();
        const counts: number[] = [];
        for (let step = 0; step < 4; step++) {
          await algorithm.step({ ...model, domainLosses: model.outputs, baseOptimizer });
          const state = baseOptimizer.state();
          counts.push(state.step!.dataSync()[0]!);
          tf.dispose(state);
        }
        expect(counts).toEqual(resetOptimizer ? [1, 2, 1, 2] : [1, 2, 3, 4]);
        algorithm.dispose();
        baseOptimizer.dispose();
      }
    },
  );

  test.each(["vrex", "irm", "fishr"] as const)(
    "%s: a stock optimizer is refused at once unless it is to go on",
    async (name) => {
      const baseOptimizer = fromTfjs(tf.train.sgd(0.1));
      const before = bits(model.variables);
      const context = { ...model, domainLosses: model.outputs, baseOptimizer };
      await expect(create[name]().step(context)).rejects.toThrow(StateError);
      expect(bits(model.variables)).toEqual(before);
      await create[name]({ resetOptimizer: false }).step(context);
      await create[name]({ annealSteps: 0 }).step(context);
      expect(bits(model.variables)).not.toEqual(before);
      baseOptimizer.dispose();
    },
  );

  test("an update that fails at the jump leaves the base optimizer as it was", async () => {
    const algorithm = vrex({ annealSteps: 1 });
    const inner = adam();
    let failing = false;
    const baseOptimizer = {
      ...inner,
      applyGradients: (...given: Parameters<typeof inner.applyGradients>) => {
        if (failing) throw new Error("full");
        inner.applyGradients(...given);
      },
    };
    const context = { variables: [theta], domainLosses: losses(), baseOptimizer };
    await algorithm.step(context);
    const moments = () => {
      const state = inner.state();
      const values = Object.values(state).map((tensor) => [...tensor.dataSync()]);
      tf.dispose(state);
      return values;
    };
    const before = moments();
    failing = true;
    await expect(algorithm.step(context)).rejects.toThrow("full");
    expect(moments()).toEqual(before);
    inner.dispose();
  });
});

describe("micro-batches", () => {
  test("vrex and groupDro weigh whole domains; penalties on a batch's samples refuse its parts", async () => {
    const halves = (loss: DomainLoss) => [1, 3].map((samples) => ({ loss, samples }));
    const split = Object.fromEntries(Object.entries(losses()).map(([name, loss]) => [name, halves(loss)]));
    const run = async (create: () => Algorithm, domainLosses: StepContext["domainLosses"]) => {
      const baseOptimizer = capture();
      await create().step({ variables: [theta], domainLosses, baseOptimizer });
      return baseOptimizer.gradients[0]!;
    };
    for (const create of [() => vrex({ annealSteps: 0 }), () => groupDro({ eta: 0.5 })]) {
      expect(await run(create, split)).toBeAllClose(await run(create, losses()), near);
    }
    for (const create of [irm, coral, fishr]) await expect(run(create, split)).rejects.toThrow(StepContextError);
  });
});

test("the record names the penalty where there is one", async () => {
  const { record } = await gradientOf(vrex());
  const values = Object.values(record.domainLosses);
  const mean = values.reduce((sum, value) => sum + value, 0) / 3;
  expect(record.penalty!).toBeAllClose(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3, near);
  expect((await gradientOf(sam())).record).not.toHaveProperty("penalty");
});

test.each<[string, (options: never) => Algorithm]>([
  ["sam", sam],
  ["asam", asam],
  ["sagm", sagm],
  ["gacFasRelease", gacFasRelease],
])("%s refuses a negative radius", (name, create) => {
  expect(() => create({ rho: -0.1 } as never)).toThrow(`${name}.rho: expected a finite number >= 0, got -0.1`);
  expect(() => create({ rho: -0.1 } as never)).toThrow(OptionError);
});

test.each<[string, () => unknown, string]>([
  ["sam's alpha", () => sam({ alpha: 1 } as never), "sam: expected only the options weights, "],
  ["a misspelt option", () => sagm({ aplha: 1 } as never), 'rho, alpha, perturbedRandomness, got "aplha"'],
  ["text", () => groupDro({ eta: "0.1" as never }), 'groupDro.eta: expected a finite number >= 0, got "0.1"'],
  ["a negative η", () => asam({ eta: -1 }), "asam.eta: expected a finite number >= 0, got -1"],
  ["domain weights of the release", () => gacFasRelease({ weights: {} } as never), "gacFasRelease: expected only"],
  ["a fractional annealing", () => irm({ annealSteps: 0.5 }), "irm.annealSteps: expected an integer >= 0, got 0.5"],
  ["a negative λ", () => vrex({ lambda: -1 }), "vrex.lambda: expected a finite number >= 0, got -1"],
  ["an unknown penalty", () => irm({ penalty: "abs" as never }), 'one of "split", "squared", got "abs"'],
  ["κ = 1", () => fishr({ ema: 1 }), "fishr.ema: expected a number in [0, 1), got 1"],
  ["a negative γ", () => coral({ gamma: -1 }), "coral.gamma: expected a finite number >= 0, got -1"],
  [
    "an infinite inner rate",
    () => mldg({ innerLearningRate: 1 / 0 }),
    "mldg.innerLearningRate: expected a finite number",
  ],
  ["an unknown inner step", () => mldg({ innerStep: "lion" as never }), 'one of "adam", "sgd", got "lion"'],
  ["an unknown order", () => fish({ order: "sorted" as never }), 'one of "random", "given", got "sorted"'],
])("%s is refused", (_, create, message) => {
  expect(create).toThrow(OptionError);
  expect(create).toThrow(message);
});

test("a restored state is what is saved again", () => {
  const algorithm = fishr();
  const state = { step: tf.scalar(7, "int32"), "ema/a": tf.zeros([4]) };
  algorithm.restore(state);
  const back = algorithm.state();
  expect(back.step!.dataSync()[0]).toBe(7);
  expect(Object.keys(back)).toEqual(["step", "ema/a"]);
  algorithm.dispose();
  tf.dispose([state, back]);
});
