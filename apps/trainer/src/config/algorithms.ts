/** The options of every algorithm that can be trained, with the trainer's defaults. */
import { z } from "zod";

const atLeastZero = z.number().min(0);
const steps = z.int().min(0);

const batchNormPass = z
  .enum(["perDomain", "mixed"])
  .default("perDomain")
  .describe("batch-norm batches: a domain each, or mixed");
const perturbedRandomness = z
  .enum(["reuse", "fresh"])
  .default("reuse")
  .describe("dropout masks of the perturbed pass: the clean pass's, or new ones");
const warmupSteps = steps
  .default(200)
  .describe("steps of plain ERM first; a small net that starts from random weights barely learns without");
const radius = (rho: number) => atLeastZero.default(rho).describe("radius of the ascent");
const lambda = (value: number, before: number) =>
  atLeastZero.default(value).describe(`weight of the penalty after the annealing; ${before} before`);
const annealSteps = (value: number) => steps.default(value).describe("steps before the penalty has its weight");
const resetOptimizer = z
  .boolean()
  .default(true)
  .describe("whether the base optimizer begins anew when the penalty gets its weight");
const innerLearningRate = atLeastZero
  .nullable()
  .default(null)
  .describe("length of the inner step; null: the base optimizer's learning rate");
const order = z
  .enum(["random", "given"])
  .default("random")
  .describe("order of the domains: drawn for each step, or that of `data.sources`");

/** One section of the configuration for each algorithm with options of its own. */
export const algorithmSections = {
  roga: z
    .strictObject({
      rho: radius(0.1),
      alpha: atLeastZero.default(2e-4).describe("step along the ERM gradient that aligns the two gradients"),
      adaptive: z.boolean().default(false).describe("scale the ascent by the weights' size, as ASAM"),
      eta: atLeastZero.default(0.01).describe("offset of that scale"),
      combine: z.enum(["mean", "sum"]).default("mean").describe("of the ERM and the perturbed gradient"),
      perturbedLoss: z
        .enum(["own", "all"])
        .default("own")
        .describe("loss at a domain's perturbed point: its own, or all domains'"),
      ascent: z.enum(["perDomain", "shared"]).default("perDomain").describe("one ascent per domain, or one for all"),
      batchNormPass,
      perturbedRandomness,
      warmupSteps,
    })
    .prefault({})
    .describe("options of RoGA"),
  sam: z
    .strictObject({ rho: radius(0.05), batchNormPass, perturbedRandomness })
    .prefault({})
    .describe("options of SAM: the gradient at the worst point of a ball"),
  asam: z
    .strictObject({
      rho: radius(0.5),
      eta: atLeastZero.default(0.01).describe("offset of the ball's scale, the weights' size"),
      batchNormPass,
      perturbedRandomness,
    })
    .prefault({})
    .describe("options of ASAM: SAM in a ball scaled by the weights' size"),
  sagm: z
    .strictObject({
      rho: radius(0.05),
      alpha: atLeastZero.default(1e-3).describe("step along the ERM gradient that aligns the two gradients"),
      batchNormPass,
      perturbedRandomness,
    })
    .prefault({})
    .describe("options of SAGM: RoGA's parent, with one ascent for all domains"),
  gacFasRelease: z
    .strictObject({
      rho: radius(0.1),
      alpha: atLeastZero.default(2e-4).describe("step along the running sum of the gradients"),
      eta: atLeastZero.default(0.01).describe("offset of the ascent's scale, the weights' size"),
      batchNormPass,
      perturbedRandomness,
      warmupSteps,
    })
    .prefault({})
    .describe("options of GAC-FAS as its code was released, to compare with; it depends on the order of the domains"),
  groupDro: z
    .strictObject({
      eta: atLeastZero.default(0.01).describe("how fast domains with a high loss gain weight"),
      batchNormPass,
    })
    .prefault({})
    .describe("options of GroupDRO: weights by loss"),
  vrex: z
    .strictObject({ lambda: lambda(10, 1), annealSteps: annealSteps(500), resetOptimizer, batchNormPass })
    .prefault({})
    .describe("options of VREx: the variance of the domains' losses as penalty"),
  irm: z
    .strictObject({
      lambda: lambda(100, 1),
      annealSteps: annealSteps(500),
      resetOptimizer,
      penalty: z.enum(["split", "squared"]).default("split").describe("of two half batches, or of the whole one"),
      batchNormPass,
    })
    .prefault({})
    .describe("options of IRM: the gradient of a scale on the logits as penalty"),
  coral: z
    .strictObject({ gamma: atLeastZero.default(1).describe("weight of the penalty"), batchNormPass })
    .prefault({})
    .describe("options of CORAL: distances between the domains' feature means and covariances as penalty"),
  mldg: z
    .strictObject({
      beta: atLeastZero.default(1).describe("weight of the meta-test gradients"),
      innerLearningRate,
      innerStep: z.enum(["adam", "sgd"]).default("adam").describe("a new Adam's first step, or plain descent"),
      order,
      batchNormPass,
      perturbedRandomness,
    })
    .prefault({})
    .describe("options of MLDG: the gradient of one domain after a step on another"),
  fish: z
    .strictObject({
      metaLearningRate: atLeastZero
        .default(0.5)
        .describe("how far to move towards the end of the walk over the domains"),
      innerLearningRate,
      order,
      batchNormPass,
    })
    .prefault({})
    .describe("options of Fish: a walk of one step per domain"),
  fishr: z
    .strictObject({
      lambda: lambda(1000, 0),
      annealSteps: annealSteps(1500),
      resetOptimizer,
      ema: z.number().min(0).lt(1).default(0.95).describe("decay of the moving average of the variances"),
      batchNormPass,
    })
    .prefault({})
    .describe("options of Fishr: distances between the domains' gradient variances as penalty"),
};

/** What `algorithms` may name. */
export const algorithmNames = [
  "erm",
  ...(Object.keys(algorithmSections) as (keyof typeof algorithmSections)[]),
] as const;

/** One of them. */
export type AlgorithmName = (typeof algorithmNames)[number];
