/** From configuration to algorithm, base optimizer, model and batches. */
import { type Backbone, build } from "@roga/backbones";
import { type BatchPlan, ofSplit, planBatches, type Sample } from "@roga/datasets";
import { type Algorithm, adam, type BaseOptimizer, erm, roga, sgd } from "@roga/optimizer";
import type { Config } from "../config/schema.js";
import { domainsOf } from "../data/domains.js";
import type { Job } from "./messages.js";

export function algorithmOf({ algorithm, seed }: Job, config: Config): Algorithm {
  const { diagnosticsEvery: every } = config.training;
  const common = { seed, ...(every !== null && { diagnostics: { every } }) };
  return algorithm === "roga" ? roga({ ...config.roga, ...common }) : erm(common);
}

export function baseOptimizerOf({ optimizer }: Config): BaseOptimizer {
  const { name, learningRate, weightDecay, momentum } = optimizer;
  return name === "adam" ? adam({ learningRate, weightDecay }) : sgd({ learningRate, weightDecay, momentum });
}

export function backboneOf({ model }: Config, seed: number): Backbone {
  const { backbone, variant, dropout, ...options } = model;
  return build(backbone, {
    ...options,
    ...(variant !== null && { variant }),
    ...(dropout !== null && { dropout }),
    seed,
  });
}

/**
 * The batches of a training run.
 *
 * @throws DatasetError for one class only, fewer images than a batch, or one domain only where RoGA is to align several
 */
export function trainingPlan(config: Config, samples: readonly Sample[], seed: number): BatchPlan {
  return planBatches({
    samples: ofSplit(samples, "train"),
    domains: domainsOf(config, samples).sources,
    perDomain: config.training.perDomain,
    minDomains: config.algorithms.includes("roga") ? 2 : 1,
    seed,
  });
}
