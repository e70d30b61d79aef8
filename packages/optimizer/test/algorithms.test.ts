import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import * as optimizer from "@roga/optimizer";
import {
  type Algorithm,
  adam,
  type BaseOptimizer,
  type DomainForward,
  DomainOutputError,
  erm,
  type LossPass,
  NonFiniteError,
  StateError,
  sgd,
} from "@roga/optimizer";
import { expectNoTensorLeak, useTestEngine } from "@roga/test-support";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { algorithms, names, perturbing } from "./support/algorithms.js";
import { bits } from "./support/probes.js";
import { type TinyModel, tinyModel } from "./support/tiny-model.js";

let model: TinyModel;
beforeEach(async () => {
  await useTestEngine();
  model = tinyModel(0.3);
});
afterEach(() => model.dispose());

const rich = (of: TinyModel) => ({ ...of, domainLosses: of.outputs, jointLosses: of.jointOutputs });

/** The model's closures, with one domain's replaced from its call number `from` on. */
function broken(from: number, domain: string, replacement: DomainForward): Record<string, DomainForward> {
  let calls = 0;
  const own = model.outputs[domain]!;
  return { ...model.outputs, [domain]: (pass) => (calls++ >= from ? replacement(pass) : own(pass)) };
}

/** All that a step may change, as bit patterns. */
function snapshot(on: TinyModel, algorithm: Algorithm, baseOptimizer: BaseOptimizer): number[][] {
  const states = { ...algorithm.state(), ...baseOptimizer.state() };
  const values = Object.values(states).map((tensor) => [...tensor.dataSync()]);
  tf.dispose(states);
  return [...bits([...on.variables, ...on.buffers]), ...values];
}

test("the list of algorithms is complete", () => {
  const rest =
    /^(sgd|adamw?|fromTfjs|ema|swad?|noDecay|constant|cosine|stepDecay|warmup|recomputeStatistics|withSeededRandom)$/;
  const functions = Object.entries(optimizer).filter(([, value]) => typeof value === "function");
  const factories = functions.map(([name]) => name).filter((name) => /^[a-z]/.test(name) && !rest.test(name));
  expect(factories.toSorted()).toEqual(names.toSorted());
  for (const name of names) expect(algorithms[name]!().name).toBe(name);
});

describe.each(names)("%s", (name) => {
  const create = algorithms[name]!;

  test.each(["perDomain", "mixed"] as const)(
    "%s: θ is bit-exact at learning rate 0, statistics are ERM's",
    async (kind) => {
      const plain = tinyModel(0.3);
      const baseOptimizer = sgd({ learningRate: 0 });
      const before = bits(model.variables);
      const initial = bits(model.buffers);
      const algorithm = create({ batchNormPass: kind });
      await expectNoTensorLeak(async () => {
        await algorithm.step({ ...rich(model), baseOptimizer });
        algorithm.dispose();
      });
      expect(bits(model.variables)).toEqual(before);
      expect(bits(model.buffers)).not.toEqual(initial);
      await erm({ batchNormPass: kind }).step({ ...plain, baseOptimizer });
      // Fish sees every domain but its first on the walk alone; a joint forward sees all of them at θ first.
      if (name !== "fish" || kind === "mixed") expect(bits(model.buffers)).toEqual(bits(plain.buffers));
      plain.dispose();
    },
  );

  test("a closure that throws at any call leaves all as it was, and the step after it is as if it had not", async () => {
    const algorithm = create();
    const baseOptimizer = adam({ learningRate: 0.01 });
    await algorithm.step({ ...rich(model), baseOptimizer });
    const before = snapshot(model, algorithm, baseOptimizer);
    const error = new Error("no batch");
    const throwing = () => {
      tf.square(model.variables[0]!); // saved for a backward pass that never comes
      throw error;
    };
    let failures = 0;
    for (let succeeded = false; !succeeded; ) {
      const domainLosses = broken(failures, "faceswap", throwing);
      const { numTensors } = tf.memory();
      try {
        await algorithm.step({ ...rich(model), domainLosses, baseOptimizer });
        succeeded = true;
      } catch (reason) {
        expect(reason).toBe(error);
        expect(tf.memory().numTensors).toBe(numTensors);
        expect(snapshot(model, algorithm, baseOptimizer)).toEqual(before);
        failures += 1;
      }
    }
    expect(failures).toBe(name === "gacFasRelease" ? 4 : algorithm.forwardBackwardsPerSample(3));

    const other = tinyModel(0.3);
    const undisturbed = { algorithm: create(), baseOptimizer: adam({ learningRate: 0.01 }) };
    for (let step = 0; step < 2; step++) {
      await undisturbed.algorithm.step({ ...rich(other), baseOptimizer: undisturbed.baseOptimizer });
    }
    expect(snapshot(model, algorithm, baseOptimizer)).toEqual(
      snapshot(other, undisturbed.algorithm, undisturbed.baseOptimizer),
    );
    other.dispose();
  });

  test("a run that was interrupted goes on bit for bit", async () => {
    const start = (on: TinyModel) => ({ on, algorithm: create(), baseOptimizer: adam({ learningRate: 0.01 }) });
    const take = async (steps: number, { on, algorithm, baseOptimizer }: ReturnType<typeof start>) => {
      for (let step = 0; step < steps; step++) await algorithm.step({ ...rich(on), baseOptimizer });
    };
    const whole = start(model);
    await take(5, whole);
    const first = start(tinyModel(0.3));
    await take(3, first);
    const second = start(tinyModel(0.3));
    for (const kind of ["variables", "buffers"] as const) {
      for (const [index, variable] of first.on[kind].entries()) second.on[kind][index]!.assign(variable);
    }
    const states = [first.algorithm.state(), first.baseOptimizer.state()] as const;
    second.algorithm.restore(states[0]);
    second.baseOptimizer.restore(states[1]);
    tf.dispose([...states]);
    first.algorithm.dispose();
    await take(2, second);
    expect(snapshot(second.on, second.algorithm, second.baseOptimizer)).toEqual(
      snapshot(model, whole.algorithm, whole.baseOptimizer),
    );
    first.on.dispose();
    second.on.dispose();
  });

  test("every pass of a step meets the same random numbers of its domain", async () => {
    const seeds = new Map<string, Set<number>>();
    const watched = Object.entries(model.outputs).map(([domain, own]): [string, DomainForward] => [
      domain,
      (pass: LossPass) => {
        seeds.set(domain, (seeds.get(domain) ?? new Set()).add(pass.seed));
        expect(pass.kind === "clean" || perturbing.includes(name)).toBe(true);
        return own(pass);
      },
    ]);
    await create().step({ ...rich(model), domainLosses: Object.fromEntries(watched), baseOptimizer: sgd() });
    expect(Array.from(seeds.values(), (set) => set.size)).toEqual([1, 1, 1]);
  });

  test("names the domain of a loss that is not finite, and the variable of a gradient", async () => {
    const algorithm = create();
    const baseOptimizer = sgd();
    const before = snapshot(model, algorithm, baseOptimizer);
    const scaled =
      (own: DomainForward, by: (loss: tf.Scalar) => tf.Scalar): DomainForward =>
      (pass) => {
        const output = own(pass);
        return output instanceof tf.Tensor ? by(output) : { ...output, loss: by(output.loss) };
      };
    const own = model.outputs.face2face!;
    const infinite = broken(
      0,
      "face2face",
      scaled(own, (loss) => tf.div(loss, 0)),
    );
    const failed = algorithm.step({ ...rich(model), domainLosses: infinite, baseOptimizer });
    await expect(failed).rejects.toThrow(NonFiniteError);
    await expect(failed).rejects.toMatchObject({ domain: "face2face", step: 0, quantity: "loss" });
    // MLDG may test on a domain before it trains on it.
    if (name !== "mldg") await expect(failed).rejects.toMatchObject({ pass: "clean" });
    const bias = model.variables.at(-1)!;
    const root = scaled(own, (loss) => tf.add(loss, tf.sum(tf.sqrt(tf.sub(bias, bias)))));
    const steep = algorithm.step({ ...rich(model), domainLosses: broken(0, "face2face", root), baseOptimizer });
    await expect(steep).rejects.toMatchObject({ quantity: "gradient", variable: bias.name });
    await expect(steep).rejects.toThrow("face2face");
    expect(snapshot(model, algorithm, baseOptimizer)).toEqual(before);
  });

  test("a single domain, and one that is absent, give a finite step", async () => {
    const algorithm = create();
    const baseOptimizer = sgd({ learningRate: 0.01 });
    const { deepfakes, face2face, faceswap } = model.outputs as Record<string, DomainForward>;
    for (const domainLosses of [
      { deepfakes },
      { deepfakes, face2face },
      { face2face, faceswap },
      { deepfakes, faceswap },
    ]) {
      const record = await algorithm.step({
        ...model,
        domainLosses: domainLosses as Record<string, DomainForward>,
        baseOptimizer,
      });
      expect(Object.keys(record.domainLosses).toSorted()).toEqual(Object.keys(domainLosses).toSorted());
      expect(Number.isFinite(record.gradientNorm)).toBe(true);
    }
  });

  test("a flat domain gives no NaN", async () => {
    const flat: DomainForward = (pass) => {
      const { loss, ...parts } = model.outputs.deepfakes!(pass) as optimizer.DomainOutput;
      return { loss: tf.mul(loss, 0), ...parts };
    };
    const domainLosses = { deepfakes: flat, face2face: flat };
    const record = await create().step({ ...model, domainLosses, baseOptimizer: sgd() });
    expect(Number.isFinite(record.gradientNorm)).toBe(true);
  });

  test("refuses a state of another kind and keeps its own", async () => {
    const algorithm = create();
    const baseOptimizer = sgd();
    await algorithm.step({ ...rich(model), baseOptimizer });
    const before = snapshot(model, algorithm, baseOptimizer);
    const step = tf.scalar(3, "int32");
    const tensor = tf.zeros([2, 2]);
    for (const bad of [
      {},
      { step: tensor },
      { step, "q/deepfakes": tensor },
      { step, "ema/deepfakes": tensor },
      { step, more: tensor },
    ]) {
      expect(() => algorithm.restore(bad as tf.NamedTensorMap)).toThrow(StateError);
    }
    expect(snapshot(model, algorithm, baseOptimizer)).toEqual(before);
    tf.dispose([step, tensor]);
  });
});

type Parts = Record<"logits" | "labels" | "features", tf.Tensor>;
const needing: [string, string, (parts: Parts) => object, string][] = [
  ["irm", "a loss alone", () => ({}), "float32 logits of shape [n], [n, 1] or [n, classes], got none"],
  ["irm", "no labels", ({ logits }) => ({ logits }), "labels of shape [4], got none"],
  [
    "irm",
    "other labels",
    ({ logits, features }) => ({ logits, labels: features }),
    "labels of shape [4], got a float32",
  ],
  [
    "irm",
    "integer logits",
    ({ logits, labels }) => ({ logits: tf.cast(logits, "int32"), labels }),
    "got a int32 tensor",
  ],
  [
    "irm",
    "one sample",
    ({ logits, labels }) => ({ logits: tf.slice(logits, 0, 1), labels: tf.slice(labels, 0, 1) }),
    "2 logits or more to split, got a float32 tensor of shape [1]",
  ],
  ["coral", "a loss alone", () => ({}), "float32 features of shape [n, features] with n >= 2, got none"],
  [
    "coral",
    "one sample",
    ({ features }) => ({ features: tf.slice(features, 0, 1) }),
    "with n >= 2, got a float32 tensor of shape [1,3]",
  ],
  [
    "coral",
    "fewer features",
    ({ features }) => ({ features: tf.slice(features, [0, 0], [-1, 2]) }),
    '3 features as domain "deepfakes" has, got 2',
  ],
  [
    "fishr",
    "no features",
    ({ logits, labels }) => ({ logits, labels }),
    "float32 features of shape [n, features], got none",
  ],
  [
    "fishr",
    "features of other samples",
    ({ logits, labels, features }) => ({ logits, labels, features: tf.slice(features, 0, 2) }),
    "features of 4 samples, got a float32 tensor of shape [2,3]",
  ],
  [
    "fishr",
    "fewer features",
    (p) => ({ ...p, features: tf.slice(p.features, [0, 0], [-1, 2]) }),
    'as many features and classes as domain "deepfakes"',
  ],
  [
    "erm",
    "a part that is unknown",
    ({ logits }) => ({ logit: logits }),
    'only the parts loss, logits, labels, features, got "logit"',
  ],
  ["erm", "a part that is no tensor", () => ({ logits: [1] }), "a tensor as logits, got object"],
];
test.each(needing)("%s refuses %s", async (name, _, change, message) => {
  const change1: DomainForward = (pass) => {
    const { loss, ...parts } = model.outputs.face2face!(pass) as optimizer.DomainOutput;
    return { loss, ...change(parts as Parts) };
  };
  const algorithm = algorithms[name]!();
  const baseOptimizer = sgd();
  const before = snapshot(model, algorithm, baseOptimizer);
  const failed = algorithm.step({ ...model, domainLosses: broken(0, "face2face", change1), baseOptimizer });
  await expect(failed).rejects.toThrow(DomainOutputError);
  await expect(failed).rejects.toMatchObject({ domain: "face2face", step: 0 });
  await expect(failed).rejects.toThrow(message);
  expect(snapshot(model, algorithm, baseOptimizer)).toEqual(before);
});

test.each(names.filter((name) => !["irm", "coral", "fishr"].includes(name)))("%s takes losses alone", async (name) => {
  const baseOptimizer = sgd();
  const other = tinyModel(0.3);
  await algorithms[name]!().step({ ...model, baseOptimizer });
  await algorithms[name]!().step({ ...rich(other), baseOptimizer });
  expect(bits(model.variables)).toEqual(bits(other.variables));
  other.dispose();
});
