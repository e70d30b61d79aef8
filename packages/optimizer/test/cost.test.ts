import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import {
  type Algorithm,
  asam,
  type CommonOptions,
  coral,
  type DomainForward,
  type DomainLoss,
  type DomainOutput,
  type ErmOptions,
  erm,
  fish,
  fishr,
  gacFasRelease,
  groupDro,
  irm,
  type JointLosses,
  mldg,
  type RogaOptions,
  roga,
  sagm,
  sam,
  sgd,
  vrex,
} from "@roga/optimizer";
import { expectNoTensorLeak, useTestEngine } from "@roga/test-support";
import { beforeAll, describe, expect, test, vi } from "vitest";

beforeAll(useTestEngine);

/** Enough variables that a parameter-sized buffer cannot be mistaken for a step's handful of scalars. */
const VARIABLES = 100;

interface Observation {
  /** Closure calls per domain; a joint call counts for every domain. */
  readonly callsPerDomain: number;
  /** The most parameter-sized buffers at the beginning of a pass. */
  readonly buffers: number;
  readonly forwardBackwards: number;
}

/** Property 9: takes a second step over K domains and counts, by the engine's own account of its data buffers. */
async function observe(algorithm: Algorithm, domains: number): Promise<Observation> {
  const variables = Array.from({ length: VARIABLES }, (_, i) =>
    tf.tidy(() => tf.variable(tf.tensor1d([i / 10 + 1, 2]))),
  );
  let calls = 0;
  let most = 0;
  let base = 0;
  const look = () => {
    const extra = tf.memory().numDataBuffers - base;
    const buffers = Math.floor(extra / VARIABLES);
    if (base > 0) expect(extra - buffers * VARIABLES).toBeLessThan(VARIABLES / 2);
    most = Math.max(most, buffers);
  };
  const loss = (k: number): DomainOutput => {
    const features = tf.sin(tf.mul(tf.stack(variables), k + 1));
    return { loss: tf.sum(features), logits: tf.sum(features, 1), labels: tf.ones([VARIABLES]), features };
  };
  const domainLosses: Record<string, DomainForward> = {};
  for (let k = 0; k < domains; k++) {
    domainLosses[`d${k}`] = () => {
      look();
      calls += 1 / domains;
      return loss(k);
    };
  }
  const jointLosses: JointLosses = () => {
    look();
    calls += 1;
    return Object.fromEntries(Object.keys(domainLosses).map((name, k) => [name, loss(k)]));
  };
  const context = { variables, domainLosses, jointLosses, baseOptimizer: sgd() };
  await algorithm.step(context);
  calls = 0;
  most = 0;
  base = tf.memory().numDataBuffers;
  const record = await expectNoTensorLeak(() => algorithm.step(context));
  tf.dispose(variables);
  return { callsPerDomain: Number(calls.toFixed(9)), buffers: most, forwardBackwards: record.forwardBackwards };
}

/** Options, and the expected passes per sample and buffers for K = 1, 2, 4. */
type Row = [options: RogaOptions, passes: number[], buffers: number[]];
const rows: Row[] = [
  [{}, [2, 2, 2], [2, 3, 5]],
  [{ alpha: 0 }, [2, 2, 2], [2, 2, 2]],
  [{ alpha: 0, adaptive: true }, [2, 2, 2], [2, 2, 2]],
  [{ perturbedLoss: "all" }, [2, 3, 5], [2, 4, 6]],
  [{ perturbedLoss: "all", alpha: 0 }, [2, 3, 5], [2, 2, 2]],
  [{ ascent: "shared" }, [2, 2, 2], [2, 2, 2]],
  [{ ascent: "shared", alpha: 0, perturbedLoss: "all" }, [2, 2, 2], [2, 2, 2]],
  [{ batchNormPass: "mixed" }, [2, 4, 8], [2, 3, 5]],
  [{ batchNormPass: "mixed", perturbedLoss: "all" }, [2, 4, 8], [2, 3, 5]],
  [{ batchNormPass: "mixed", ascent: "shared" }, [2, 3, 5], [2, 2, 2]],
  [{ rho: 0, alpha: 0 }, [1, 1, 1], [0, 1, 1]],
  [{ rho: 0, alpha: 0, perturbedRandomness: "fresh" }, [2, 2, 2], [2, 2, 2]],
  // not asked for in the step that is observed, which is the second
  [{ diagnostics: { every: 2 } }, [2, 2, 2], [2, 3, 5]],
  [{ diagnostics: { every: 2 }, alpha: 0 }, [2, 2, 2], [2, 2, 2]],
];

/** The relatives: passes and buffers for K = 1, 2, 4, one forward a domain, then one joint forward. */
const relatives: [string, (options: CommonOptions) => Algorithm, number[], number[], number[], number[]][] = [
  ["sam", sam, [2, 2, 2], [1, 2, 2], [2, 2, 2], [1, 1, 1]],
  ["asam", asam, [2, 2, 2], [1, 2, 2], [2, 2, 2], [1, 1, 1]],
  ["sagm", sagm, [2, 2, 2], [2, 2, 2], [2, 2, 2], [2, 2, 2]],
  ["gacFasRelease", gacFasRelease, [2, 3, 5], [2, 4, 6], [2, 4, 8], [2, 4, 6]],
  ["groupDro", groupDro, [1, 1, 1], [0, 1, 1], [1, 1, 1], [0, 0, 0]],
  ["vrex", vrex, [1, 1, 1], [0, 1, 2], [1, 1, 1], [0, 0, 0]],
  ["irm", irm, [1, 1, 1], [0, 1, 1], [1, 1, 1], [0, 0, 0]],
  ["coral", coral, [1, 1, 1], [0, 0, 0], [1, 1, 1], [0, 0, 0]],
  ["mldg", mldg, [2, 2, 2], [2, 2, 2], [2, 4, 8], [2, 2, 2]],
  ["fish", fish, [1, 1, 1], [0, 2, 2], [1, 2, 4], [0, 2, 2]],
  ["fishr", fishr, [1, 1, 1], [0, 0, 0], [1, 1, 1], [0, 0, 0]],
];
const algorithms: [string, () => Algorithm, number[], number[]][] = [
  ...relatives.flatMap(([name, create, ...counts]): [string, () => Algorithm, number[], number[]][] => [
    [name, () => create({}), counts[0], counts[1]],
    [`${name}, mixed`, () => create({ batchNormPass: "mixed" }), counts[2], counts[3]],
  ]),
  ...rows.map(([options, ...counts]): [string, () => Algorithm, number[], number[]] => [
    `roga(${JSON.stringify(options)})`,
    () => roga(options),
    ...counts,
  ]),
  ...(
    [
      [{}, [1, 1, 1], [0, 1, 1]],
      [{ batchNormPass: "mixed" }, [1, 1, 1], [0, 0, 0]],
      [{ diagnostics: { every: 2 } }, [1, 1, 1], [0, 1, 1]],
    ] as [ErmOptions, number[], number[]][]
  ).map(([options, ...counts]): [string, () => Algorithm, number[], number[]] => [
    `erm(${JSON.stringify(options)})`,
    () => erm(options),
    ...counts,
  ]),
];

describe.each(algorithms)("%s", (_, create, passes, buffers) => {
  test.each([1, 2, 4])(
    "over %i domains takes the passes and buffers that it states, and leaves no tensor",
    async (domains) => {
      const index = [1, 2, 4].indexOf(domains);
      const algorithm = create();
      expect(algorithm.forwardBackwardsPerSample(domains)).toBe(passes[index]);
      expect(algorithm.parameterBuffers(domains)).toBe(buffers[index]);
      const seen = await observe(algorithm, domains);
      expect(seen.callsPerDomain).toBe(passes[index]);
      expect(seen.forwardBackwards).toBe(passes[index]);
      expect(seen.buffers).toBe(buffers[index]);
    },
  );
});

test("a step reads the device once", async () => {
  const variable = tf.variable(tf.tensor1d([1, 2]));
  const loss: DomainLoss = () => tf.sum(tf.square(variable)) as tf.Scalar;
  const read = vi.spyOn(tf.backend(), "read");
  const dataSync = vi.spyOn(tf.Tensor.prototype, "dataSync");
  await roga({ diagnostics: { every: 1 }, clip: { value: 1 } }).step({
    variables: [variable],
    domainLosses: { a: loss, b: loss },
    baseOptimizer: sgd(),
  });
  expect(read).toHaveBeenCalledTimes(1);
  expect(dataSync).not.toHaveBeenCalled();
  vi.restoreAllMocks();
  variable.dispose();
});
