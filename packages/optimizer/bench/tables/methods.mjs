/** Every algorithm of the package at its defaults, as the tables of the documentation run it. */
import {
  adam,
  asam,
  coral,
  cosine,
  erm,
  fish,
  fishr,
  gacFasRelease,
  groupDro,
  irm,
  mldg,
  roga,
  sagm,
  sam,
  vrex,
} from "@roga/optimizer";

/**
 * Name, and how to make it for a run of some steps. All options are the defaults but two that depend on the length of the
 * run and on its scale: penalties have their full weight after a fifth of the steps, and Fish walks by 1e-3, since the
 * learning rate of Adam, which it would take, is no length of a descent. `parts`: it needs logits, labels or features.
 */
export const methods = [
  { name: "erm", make: () => erm() },
  { name: "roga", make: () => roga() },
  { name: "sam", make: () => sam() },
  { name: "asam", make: () => asam() },
  { name: "sagm", make: () => sagm() },
  { name: "gacFasRelease", make: () => gacFasRelease() },
  { name: "groupDro", make: () => groupDro() },
  { name: "vrex", make: (steps) => vrex({ annealSteps: steps / 5 }) },
  { name: "irm", make: (steps) => irm({ annealSteps: steps / 5 }), parts: true },
  { name: "coral", make: () => coral(), parts: true },
  { name: "mldg", make: () => mldg() },
  { name: "fish", make: () => fish({ innerLearningRate: 1e-3 }) },
  { name: "fishr", make: (steps) => fishr({ annealSteps: steps / 5 }), parts: true },
];

/**
 * Trains with Adam, whose learning rate falls along a cosine to 0, and gives the record of the last step.
 *
 * @param {import("@roga/optimizer").Algorithm} algorithm
 * @param {Pick<import("@roga/optimizer").StepContext, "variables" | "domainLosses">} problem
 * @param {{ steps: number, learningRate: number }} settings
 */
export async function train(algorithm, problem, { steps, learningRate }) {
  const schedule = cosine();
  const baseOptimizer = adam({ learningRate });
  let record;
  for (let step = 0; step < steps; step++) {
    baseOptimizer.learningRate = learningRate * schedule({ step, steps });
    record = await algorithm.step({ ...problem, baseOptimizer });
  }
  baseOptimizer.dispose();
  return record;
}
