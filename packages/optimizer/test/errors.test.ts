import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import {
  DisconnectedVariableError,
  type DomainLoss,
  erm,
  LossShapeError,
  NonFiniteError,
  OptimizerError,
  OptionError,
  type RogaOptions,
  roga,
  StateError,
  type StepContext,
  StepContextError,
  sgd,
  VariableSetError,
} from "@roga/optimizer";
import { expectNoTensorLeak, useTestEngine } from "@roga/test-support";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bits, capture } from "./support/probes.js";

let theta: tf.Variable;
let statistics: tf.Variable;

beforeEach(async () => {
  await useTestEngine();
  theta = tf.tidy(() => tf.variable(tf.tensor1d([0.5, -0.25, 4]), true, "theta"));
  statistics = tf.tidy(() => tf.variable(tf.tensor1d([1]), false, "statistics"));
});
afterEach(() => tf.dispose([theta, statistics]));

/** A loss that moves the statistics as a training-mode forward does. */
const fine: DomainLoss = () => {
  tf.tidy(() => statistics.assign(tf.add(statistics, tf.mean(theta).reshape([1]))));
  return tf.sum(tf.square(theta)) as tf.Scalar;
};

const context = (domainLosses: Record<string, DomainLoss>, rest: Partial<StepContext> = {}): StepContext => ({
  variables: [theta],
  buffers: [statistics],
  domainLosses,
  baseOptimizer: capture(),
  ...rest,
});

/** Runs a step that must fail, checks that nothing whatever has changed, and gives the error. */
async function failure(algorithm: ReturnType<typeof roga>, broken: StepContext): Promise<Error> {
  const variables = [...broken.variables, ...(broken.buffers ?? [])];
  const before = bits(variables);
  const { random } = Math;
  const error = await expectNoTensorLeak(async () => {
    try {
      await algorithm.step(broken);
    } catch (caught) {
      return caught as Error;
    }
    throw new Error("the step did not fail");
  });
  expect(bits(variables)).toEqual(before);
  expect(Math.random).toBe(random);
  expect(tf.engine().state.gradientDepth).toBe(0);
  return error;
}

const perturbedOnly =
  (broken: DomainLoss): DomainLoss =>
  (pass) =>
    pass.kind === "perturbed" ? broken(pass) : fine(pass);

const variants: [string, RogaOptions][] = [
  ["own", {}],
  ["own, alpha 0", { alpha: 0 }],
  ["all", { perturbedLoss: "all" }],
  ["shared", { ascent: "shared" }],
];

describe.each(variants)("a step that fails, %s:", (_, options) => {
  const throwing: DomainLoss = () => {
    tf.square(theta); // saved for a backward pass that never comes
    throw new RangeError("no batch");
  };

  test("a closure that throws in the clean pass", async () => {
    const error = await failure(roga(options), context({ a: fine, b: throwing }));
    expect(error).toBeInstanceOf(RangeError);
  });

  test("a closure that throws at the perturbed point", async () => {
    const error = await failure(roga(options), context({ a: fine, b: perturbedOnly(throwing) }));
    expect(error.message).toBe("no batch");
  });

  test("a loss that is NaN only at the perturbed point", async () => {
    const broken = perturbedOnly(() => tf.mul(tf.sum(theta), Number.NaN) as tf.Scalar);
    const error = await failure(roga(options), context({ a: fine, b: broken }));
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(error).toMatchObject({ domain: "b", step: 0, quantity: "loss", pass: "perturbed" });
  });
});

describe("NonFiniteError", () => {
  test("names the domain, the step and what is not finite", async () => {
    const algorithm = roga();
    const baseOptimizer = sgd();
    await algorithm.step(context({ a: fine, b: fine }, { baseOptimizer }));
    await algorithm.step(context({ a: fine, b: fine }, { baseOptimizer }));
    const infinite: DomainLoss = () => tf.div(tf.sum(theta), 0) as tf.Scalar;
    const error = await failure(algorithm, context({ a: fine, b: infinite }));
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(error).toMatchObject({ domain: "b", step: 2, quantity: "loss", pass: "clean", variable: undefined });
    expect(error.message).toBe('step 2, domain "b": the loss is Infinity in the clean pass; nothing was applied');
  });

  test("names the variable of a gradient that is infinite under a finite loss", async () => {
    const root = tf.tidy(() => tf.variable(tf.tensor1d([0, 1]), true, "root"));
    const loss: DomainLoss = (pass) => tf.add(fine(pass), tf.sum(tf.sqrt(root))) as tf.Scalar;
    const error = await failure(erm(), context({ a: loss }, { variables: [theta, root] }));
    expect(error).toMatchObject({ domain: "a", quantity: "gradient", pass: "clean", variable: "root" });
    expect(error.message).toContain('the squared norm of the gradient of "root" is Infinity');
    root.dispose();
  });

  test("names the right variable where names look like numbers and stand in another order", async () => {
    const earlier = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
    const root = tf.tidy(() => tf.variable(tf.tensor1d([0])));
    expect(Number(root.name)).toBeGreaterThan(Number(earlier.name));
    const loss: DomainLoss = () => tf.add(tf.sum(tf.square(earlier)), tf.sum(tf.sqrt(root))) as tf.Scalar;
    const error = await failure(erm(), context({ a: loss }, { variables: [root, earlier] }));
    expect(error).toMatchObject({ quantity: "gradient", variable: root.name });
    tf.dispose([earlier, root]);
  });

  test("a failed step does not count, and the next one goes on", async () => {
    const algorithm = erm();
    await failure(algorithm, context({ a: () => tf.mul(tf.sum(theta), Number.NaN) as tf.Scalar }));
    expect((await algorithm.step(context({ a: fine }))).step).toBe(0);
  });
});

describe("losses", () => {
  test.each<[string, () => unknown, string]>([
    ["a vector", () => tf.square(theta), "got a float32 tensor of shape [3]"],
    ["an integer", () => tf.scalar(1, "int32"), "got a int32 tensor of shape []"],
    ["a number", () => 0.5, "got number"],
    ["nothing", () => undefined, "got undefined"],
    ["a promise", async () => 1, "got object"],
  ])("%s is no loss", async (_, loss, message) => {
    const error = await failure(roga(), context({ a: fine, b: loss as DomainLoss }));
    expect(error).toBeInstanceOf(LossShapeError);
    expect(error).toMatchObject({ domain: "b", step: 0 });
    expect(error.message).toContain(message);
  });

  test("a variable that no loss depends on", async () => {
    const unused = tf.tidy(() => tf.variable(tf.tensor1d([1]), true, "unused"));
    const error = await failure(roga(), context({ a: fine }, { variables: [theta, unused] }));
    expect(error).toBeInstanceOf(DisconnectedVariableError);
    expect(error).toMatchObject({ variables: ["unused"], step: 0 });
    unused.dispose();
  });

  test("a variable that only some losses depend on is trained by those", async () => {
    const head = tf.tidy(() => tf.variable(tf.tensor1d([2]), true, "head"));
    const baseOptimizer = capture();
    const headed: DomainLoss = (pass) => tf.add(fine(pass), tf.sum(tf.mul(head, 6))) as tf.Scalar;
    await erm().step(context({ a: fine, b: headed }, { variables: [theta, head], baseOptimizer }));
    expect(baseOptimizer.gradients[1]!).toBeAllClose([3]);
    head.dispose();
  });

  test("a loss that depends on nothing", async () => {
    const error = await failure(roga(), context({ a: () => tf.scalar(1) }));
    expect(error).toBeInstanceOf(DisconnectedVariableError);
  });
});

describe("the context", () => {
  const rows: [string, (c: StepContext) => StepContext, string][] = [
    ["no domain", (c) => ({ ...c, domainLosses: {} }), "domainLosses: expected at least one domain, got none"],
    [
      "a domain without a function",
      (c) => ({ ...c, domainLosses: { a: undefined as unknown as DomainLoss } }),
      'expected a function for domain "a", got undefined',
    ],
    ["no micro-batch", (c) => ({ ...c, domainLosses: { a: [] } }), 'domain "a": expected at least one micro-batch'],
    [
      "a micro-batch without a loss",
      (c) => ({ ...c, domainLosses: { a: [{ loss: fine, samples: 1 }, { samples: 1 } as never] } }),
      'domain "a", micro-batch 1: loss must be a function, got undefined',
    ],
    [
      "a micro-batch without samples",
      (c) => ({ ...c, domainLosses: { a: [{ loss: fine, samples: 0 }] } }),
      "micro-batch 0: samples must be an integer of 1 or more, got 0",
    ],
    ["no variable", (c) => ({ ...c, variables: [] }), "variables: expected at least one, got none"],
    ["a variable twice", (c) => ({ ...c, variables: [theta, theta] }), 'variables: "theta" stands there twice'],
    ["a variable that is not trainable", (c) => ({ ...c, variables: [statistics] }), '"statistics" is not trainable'],
    ["a reduction that loses a map", (c) => ({ ...c, reduce: () => [] }), "reduce: expected as many gradient maps"],
  ];
  test.each(rows)("%s", async (_, change, message) => {
    const error = await failure(roga(), change(context({ a: fine, b: fine })));
    expect(error).toBeInstanceOf(StepContextError);
    expect(error).toBeInstanceOf(OptimizerError);
    expect(error.message).toContain(message);
  });

  test("weights", async () => {
    const lacking = await failure(roga({ weights: { a: 1 } }), context({ a: fine, b: fine }));
    expect(lacking.message).toBe('weights: no weight for domain "b"');
    const inherited = await failure(roga({ weights: { a: 1 } }), context({ toString: fine }));
    expect(inherited.message).toBe('weights: no weight for domain "toString"');
    const zero = await failure(erm({ weights: { a: 1, b: 0 } }), context({ b: fine }));
    expect(zero.message).toBe("weights: those of domains [b] sum to 0");
  });

  test("joint losses", async () => {
    const algorithm = roga({ batchNormPass: "mixed" });
    const missing = await failure(algorithm, context({ a: fine }));
    const none = await failure(algorithm, context({ a: fine }, { jointLosses: [] }));
    expect(none.message).toBe("jointLosses: expected at least one micro-batch, got none");
    const lone = { losses: () => ({ a: tf.sum(theta) as tf.Scalar }), samples: { b: 2 } };
    const lacking = await failure(algorithm, context({ a: fine }, { jointLosses: [lone] }));
    expect(lacking.message).toContain(
      'micro-batch 0, domain "a": samples must be an integer of 1 or more, got undefined',
    );
    expect(missing.message).toBe('jointLosses: batchNormPass "mixed" needs it, got undefined');
    const jointLosses = () => ({ b: tf.sum(theta) as tf.Scalar });
    const other = await failure(algorithm, context({ a: fine }, { jointLosses }));
    expect(other.message).toBe("jointLosses must give the losses of [a], got [b]");
  });

  test("other variables than in the steps before", async () => {
    const algorithm = erm();
    const second = tf.tidy(() => tf.variable(tf.tensor1d([1]), true, "second"));
    const both: DomainLoss = (pass) => tf.add(fine(pass), tf.sum(second)) as tf.Scalar;
    await algorithm.step(context({ a: both }, { variables: [theta, second] }));
    const fewer = await failure(algorithm, context({ a: both }));
    expect(fewer).toBeInstanceOf(VariableSetError);
    expect(fewer.message).toContain('at 1 "second" [1], got none');
    const swapped = await failure(algorithm, context({ a: both }, { variables: [second, theta] }));
    expect(swapped.message).toContain('at 0 "theta" [3], got "second" [1]');
    const state = algorithm.state();
    algorithm.restore(state); // a restored run may have built its model anew
    await algorithm.step(context({ a: both }, { variables: [second, theta] }));
    tf.dispose([state, second]);
  });

  test("a step within a step", async () => {
    const algorithm = roga();
    const first = algorithm.step(context({ a: fine }));
    await expect(algorithm.step(context({ a: fine }))).rejects.toThrow("the step before has not ended");
    expect((await first).step).toBe(0);
    expect((await algorithm.step(context({ a: fine }))).step).toBe(1);
  });

  test("a base optimizer that throws puts the statistics back", async () => {
    const baseOptimizer = {
      ...capture(),
      applyGradients: () => {
        throw new Error("full");
      },
    };
    const error = await failure(roga(), context({ a: fine }, { baseOptimizer }));
    expect(error.message).toBe("full");
  });
});

test.each<[string, () => unknown, string]>([
  ["a negative rho", () => roga({ rho: -0.1 }), "roga.rho: expected a finite number >= 0, got -0.1"],
  ["a rho that is text", () => roga({ rho: "0.1" as never }), 'roga.rho: expected a finite number >= 0, got "0.1"'],
  ["a NaN alpha", () => roga({ alpha: Number.NaN }), "roga.alpha: expected a finite number >= 0, got NaN"],
  [
    "a misspelt option",
    () => roga({ roh: 0.1 } as never),
    "clip, diagnostics, rho, alpha, adaptive, eta, isWeight, combine",
  ],
  [
    "an option of another algorithm",
    () => erm({ rho: 0.1 } as never),
    "erm: expected only the options weights, batchNormPass",
  ],
  ["an unknown combination", () => roga({ combine: "max" as never }), 'one of "mean", "sum", got "max"'],
  ["a fractional warm-up", () => roga({ warmupSteps: 1.5 }), "roga.warmupSteps: expected an integer >= 0, got 1.5"],
  ["a negative weight", () => erm({ weights: { a: -1 } }), "erm.weights: expected weights >= 0 by domain"],
  [
    "an infinite seed",
    () => roga({ seed: Number.POSITIVE_INFINITY }),
    "roga.seed: expected a string, an integer or a bigint",
  ],
  ["an isWeight that is a list", () => roga({ isWeight: [] as never }), "roga.isWeight: expected a function"],
  ["diagnostics without a number", () => erm({ diagnostics: true as never }), "erm.diagnostics: expected { every: n }"],
  ["diagnostics every 0 steps", () => roga({ diagnostics: { every: 0 } }), 'integer n >= 1, got {"every":0}'],
  [
    "a clip of 0",
    () => roga({ clip: { norm: 0 } }),
    "roga.clip: expected { norm: c } or { value: c } with a finite c > 0",
  ],
  ["two clips", () => erm({ clip: { norm: 1, value: 1 } }), 'got {"norm":1,"value":1}'],
  ["a clip that is text", () => erm({ clip: { value: "1" as never } }), 'got {"value":"1"}'],
])("%s is refused", (_, create, message) => {
  expect(create).toThrow(OptionError);
  expect(create).toThrow(message);
});

test("a state that is none is refused", () => {
  const algorithm = roga();
  const scalar = tf.scalar(3);
  const negative = tf.scalar(-1, "int32");
  for (const bad of [{}, { step: scalar }, { step: negative }, { step: negative, more: scalar }]) {
    expect(() => algorithm.restore(bad)).toThrow(StateError);
  }
  tf.dispose([scalar, negative]);
});
