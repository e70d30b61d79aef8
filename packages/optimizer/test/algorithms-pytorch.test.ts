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

test("every algorithm has its cases", () => {
  expect([...new Set(fixture.cases.map(({ algorithm }) => algorithm))].toSorted()).toEqual(
    Object.keys(create).toSorted(),
  );
});

test.each(fixture.cases)("twenty steps equal PyTorch's in float64: $title", async (reference) => {
  const problem = problems[reference.problem]();
  const algorithm = create[reference.algorithm]!(reference.options);
  const baseOptimizer = reference.base.name === "sgd" ? sgd(reference.base.options) : adam(reference.base.options);
  for (const [step, expected] of reference.steps.entries()) {
    const record = await algorithm.step({ ...problem, baseOptimizer });
    expect(record.step).toBe(step);
    // Fish meets the losses on its walk, not at θ.
    const first = reference.algorithm === "fish" ? 1 : undefined;
    expect(Object.values(record.domainLosses).slice(0, first)).toBeAllClose(expected.losses.slice(0, first), close);
    if (expected.gradientNorm !== undefined) expect(record.gradientNorm).toBeAllClose(expected.gradientNorm, close);
    expect(record.penalty === undefined).toBe(expected.penalty === undefined);
    if (expected.penalty !== undefined) expect(record.penalty!).toBeAllClose(expected.penalty, close);
  }
  for (const [index, expected] of Object.values(reference.after).entries()) {
    deviations.add(reference.algorithm, problem.variables[index]!, expected);
    expect(problem.variables[index]).toBeAllClose(expected, close);
  }
  problem.dispose();
  algorithm.dispose();
  baseOptimizer.dispose();
});
