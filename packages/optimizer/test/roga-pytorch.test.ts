import "@tensorflow/tfjs";
import { type Algorithm, adam, erm, roga, sgd } from "@roga/optimizer";
import { useTestEngine } from "@roga/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Deviations } from "./support/deviations.js";
import { domains, fixture, type RogaCase, tinyModel } from "./support/tiny-model.js";

const deviations = new Deviations();

beforeAll(useTestEngine);
afterAll(() => deviations.print());

function algorithm({ algorithm: name, options }: RogaCase): Algorithm {
  const observed = { ...options, diagnostics: { every: 1 } };
  return name === "erm" ? erm(observed) : roga(observed);
}

// float32 against float64 over a run through a net with kinks: 1e-5 relative, and 2e-6 where values cross zero.
const close = { rtol: 1e-5, atol: 2e-6 };

test.each(fixture.cases)("every step equals PyTorch's in float64: $title", async (reference) => {
  const model = tinyModel();
  const stepper = algorithm(reference);
  const baseOptimizer = reference.base.name === "sgd" ? sgd(reference.base.options) : adam(reference.base.options);
  for (const [step, expected] of reference.steps.entries()) {
    const record = await stepper.step({ ...model, baseOptimizer });
    expect(record.step).toBe(step);
    expect(domains.map((domain) => record.domainLosses[domain]!)).toBeAllClose(expected.losses, close);
    expect(record.gradientNorm).toBeAllClose(expected.gradientNorm, close);
    expect(record.perturbedLoss === undefined).toBe(expected.perturbedLoss === undefined);
    if (expected.perturbedLoss !== undefined) expect(record.perturbedLoss!).toBeAllClose(expected.perturbedLoss, close);
    const { alignment } = record.diagnostics!;
    expect(alignment === undefined).toBe(expected.alignment === undefined);
    if (alignment !== undefined) expect(alignment).toBeAllClose(expected.alignment!, close);
  }
  for (const [index, expected] of Object.values(reference.after).entries()) {
    deviations.add(reference.algorithm, model.variables[index]!, expected);
    expect(model.variables[index]).toBeAllClose(expected, close);
  }
  model.dispose();
  baseOptimizer.dispose();
});
