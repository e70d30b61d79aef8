import "@tensorflow/tfjs";
import {
  type Algorithm,
  adam,
  asam,
  coral,
  fish,
  fishr,
  gacFasRelease,
  groupDro,
  irm,
  mldg,
  sagm,
  sam,
  sgd,
  vrex,
} from "@roga/optimizer";
import { useTestEngine } from "@roga/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Deviations } from "./support/deviations.js";
import { fixture, problems } from "./support/problems.js";

const create: Record<string, (options: object) => Algorithm> = {
  asam,
  coral,
  fish,
  fishr,
  gacFasRelease,
  groupDro,
  irm,
  mldg,
  sagm,
  sam,
  vrex,
};

const deviations = new Deviations();

beforeAll(useTestEngine);
afterAll(() => deviations.print());

// float32 against float64 over a run through a net with kinks: 1e-5 relative, and 2e-6 where values cross zero.
const close = { rtol: 1e-5, atol: 2e-6 };
/**
 * IRM at λ = 10 on the net is ill-conditioned: PyTorch's own float32 runs of these two cases, from the start and from six
 * starts half a unit in the last place beside it, end up to 1.1e-5 from its float64 run, relative to the largest of a tensor
 * (at λ = 2: 2.9e-7). Thrice that is allowed.
 */
const illConditioned = { rtol: 1e-5, atol: 3e-5 };
const isIllConditioned = ({ algorithm, problem, options }: (typeof fixture.cases)[0]) =>
  algorithm === "irm" && problem === "net" && options.lambda === 10;

test("every algorithm has its cases", () => {
  expect(fixture.cases.filter(isIllConditioned)).toHaveLength(2);
  expect([...new Set(fixture.cases.map(({ algorithm }) => algorithm))].toSorted()).toEqual(
    Object.keys(create).toSorted(),
  );
});

test.each(fixture.cases)("twenty steps equal PyTorch's in float64: $title", async (reference) => {
  const bounds = isIllConditioned(reference) ? illConditioned : close;
  const problem = problems[reference.problem]();
  const algorithm = create[reference.algorithm]!(reference.options);
  const baseOptimizer = reference.base.name === "sgd" ? sgd(reference.base.options) : adam(reference.base.options);
  for (const [step, expected] of reference.steps.entries()) {
    const record = await algorithm.step({ ...problem, baseOptimizer });
    expect(record.step).toBe(step);
    // Fish meets the losses on its walk, not at θ.
    const first = reference.algorithm === "fish" ? 1 : undefined;
    expect(Object.values(record.domainLosses).slice(0, first)).toBeAllClose(expected.losses.slice(0, first), bounds);
    if (expected.gradientNorm !== undefined) expect(record.gradientNorm).toBeAllClose(expected.gradientNorm, bounds);
    expect(record.penalty === undefined).toBe(expected.penalty === undefined);
    if (expected.penalty !== undefined) expect(record.penalty!).toBeAllClose(expected.penalty, bounds);
  }
  for (const [index, expected] of Object.values(reference.after).entries()) {
    const name = isIllConditioned(reference) ? "irm at λ = 10" : reference.algorithm;
    deviations.add(name, problem.variables[index]!, expected);
    expect(problem.variables[index]).toBeAllClose(expected, bounds);
  }
  problem.dispose();
  algorithm.dispose();
  baseOptimizer.dispose();
});
