/** The options of what applies the updates: base optimizer, learning-rate schedule and average of the weights. */
import { z } from "zod";

const atLeastZero = z.number().min(0);
const count = z.int().min(1);
const share = z.number().min(0).lt(1);

const isExpression = (text: string): boolean => {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
};

const group = z
  .strictObject({
    name: z.string().refine(isExpression, "expected a regular expression").optional(),
    rankBelow: count.optional(),
    learningRateFactor: atLeastZero.optional(),
    weightDecay: atLeastZero.optional(),
  })
  .refine(({ name, rankBelow }) => (name ?? rankBelow) !== undefined, "give `name` or `rankBelow`, or both")
  .refine(
    ({ learningRateFactor, weightDecay }) => (learningRateFactor ?? weightDecay) !== undefined,
    "give `learningRateFactor` or `weightDecay`, or both",
  );

const clip = z
  .strictObject({
    norm: z
      .number()
      .positive()
      .nullable()
      .default(null)
      .describe("of the whole gradient, scaled down to it; null: any"),
    value: z.number().positive().nullable().default(null).describe("of every component, cut off at it; null: any"),
  })
  .prefault({})
  .describe("the largest gradient, by one of two measures; the run log says in which steps one was larger");

const schedule = z
  .strictObject({
    name: z.enum(["constant", "cosine", "stepDecay"]).default("constant").describe("its course"),
    final: atLeastZero.default(0).describe("of cosine: the factor on the learning rate at the end of the run"),
    epochs: z.number().positive().default(1).describe("of stepDecay: epochs from one reduction to the next"),
    factor: atLeastZero.default(0.1).describe("of stepDecay: the factor of each reduction"),
    warmupSteps: z.int().min(0).default(0).describe("steps of a linear rise first; the course begins after them"),
    warmupStart: atLeastZero.default(0).describe("factor of the first of them"),
  })
  .prefault({})
  .describe("the learning rate over the run");

/** The section `optimizer`. */
export const optimizerSection = z
  .strictObject({
    name: z.enum(["adam", "adamw", "sgd"]).default("adam").describe("base optimizer"),
    learningRate: z.number().positive().default(3e-3).describe("learning rate"),
    weightDecay: atLeastZero.default(0).describe("weight decay: coupled L2 of adam and sgd, decoupled of adamw"),
    noDecay: z.boolean().default(false).describe("exempt biases and normalization layers from it"),
    momentum: share.default(0.9).describe("of sgd"),
    nesterov: z.boolean().default(false).describe("of sgd: look ahead along the momentum"),
    beta1: share.default(0.9).describe("of adam and adamw: decay of the mean of gradients"),
    beta2: share.default(0.999).describe("of adam and adamw: decay of the mean of their squares"),
    epsilon: atLeastZero.default(1e-8).describe("of adam and adamw: offset of the divisor"),
    groups: z
      .array(group)
      .default([])
      .describe(
        'weights with settings of their own, as in [{"name": "^fc2/", "learningRateFactor": 10}, {"rankBelow": 2, "weightDecay": 0}]; `name`: a regular expression',
      ),
    clip,
    schedule,
  })
  .prefault({})
  .superRefine(({ name, nesterov, momentum, clip }, context) => {
    const fault = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    if (nesterov && name !== "sgd") fault("nesterov", `only sgd has it, and \`name\` is ${name}`);
    else if (nesterov && momentum === 0) fault("nesterov", "needs a momentum above 0");
    if (clip.norm !== null && clip.value !== null) fault("clip", "give `norm` or `value`, not both");
  });

/** The section `average`. */
export const averageSection = z
  .strictObject({
    name: z.enum(["none", "ema", "swa", "swad"]).default("none").describe("which average"),
    decay: share.default(0.999).describe("of ema: share of the old average in each step"),
    warmup: z.boolean().default(false).describe("of ema: begin with a lower decay"),
    start: z.int().min(0).default(0).describe("of swa: epochs that are left out at the beginning"),
    every: count
      .nullable()
      .default(null)
      .describe("of swa: steps from one that is averaged to the next; null: the last step of each epoch"),
    convergencePatience: count
      .default(3)
      .describe("of swad: of how many validations in a row the first is the best where the average starts"),
    overfitPatience: count
      .default(6)
      .describe("of swad: how many validations in a row are above the tolerance where it ends"),
    tolerance: z.number().min(1).default(1.3).describe("of swad: that limit, as a factor on the loss at the start"),
    validateEvery: count
      .nullable()
      .default(null)
      .describe("of swad: steps between validations, besides those at the ends of epochs; null: these alone"),
    statistics: z
      .enum(["average", "recompute"])
      .nullable()
      .default(null)
      .describe(
        "batch-norm statistics: averaged along, or made anew from training batches; null: averaged for ema, else made anew",
      ),
    recomputeSteps: count
      .nullable()
      .default(null)
      .describe("from how many steps' batches to make them anew; null: those of the epoch"),
    select: z
      .enum(["best", "last"])
      .nullable()
      .default(null)
      .describe(
        "epoch to test: the best validation AUC, or the last; null: best for ema, else last, as they are meant",
      ),
  })
  .prefault({});
