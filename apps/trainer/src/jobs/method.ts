/** From configuration to algorithm, base optimizer, model and batches. */
import { type Backbone, build } from "@roga/backbones";
import { type BatchPlan, ofSplit, planBatches, type Sample } from "@roga/datasets";
import {
  type Algorithm,
  adam,
  asam,
  type BaseOptimizer,
  coral,
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
  sgd,
  vrex,
} from "@roga/optimizer";
import type { AlgorithmName } from "../config/algorithms.js";
import type { Config } from "../config/schema.js";
import { domainsOf } from "../data/domains.js";
import type { Job } from "./messages.js";

/** Makes each algorithm with its section of the configuration. */
const algorithms: Readonly<Record<AlgorithmName, (config: Config, seed: number) => Algorithm>> = {
  erm: (_, seed) => erm({ seed }),
  roga: (config, seed) => roga({ ...config.roga, seed }),
  sam: (config, seed) => sam({ ...config.sam, seed }),
  asam: (config, seed) => asam({ ...config.asam, seed }),
  sagm: (config, seed) => sagm({ ...config.sagm, seed }),
  gacFasRelease: (config, seed) => gacFasRelease({ ...config.gacFasRelease, seed }),
  groupDro: (config, seed) => groupDro({ ...config.groupDro, seed }),
  vrex: (config, seed) => vrex({ ...config.vrex, seed }),
  irm: (config, seed) => irm({ ...config.irm, seed }),
  coral: (config, seed) => coral({ ...config.coral, seed }),
  mldg: (config, seed) => mldg({ ...inner(config.mldg), seed }),
  fish: (config, seed) => fish({ ...inner(config.fish), seed }),
  fishr: (config, seed) => fishr({ ...config.fishr, seed }),
};

/** The package says undefined where the configuration says null. */
function inner<T extends { innerLearningRate: number | null }>(options: T) {
  return { ...options, innerLearningRate: options.innerLearningRate ?? undefined };
}

/** Methods to which a domain is nothing in particular, so that one is enough. */
const SINGLE: readonly AlgorithmName[] = ["erm", "sam", "asam", "sagm", "irm"];

export function algorithmOf({ algorithm, seed }: Job, config: Config): Algorithm {
  return algorithms[algorithm](config, seed);
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
 * @throws DatasetError for one class only, fewer images than a batch, or one domain only where an algorithm compares several
 */
export function trainingPlan(config: Config, samples: readonly Sample[], seed: number): BatchPlan {
  return planBatches({
    samples: ofSplit(samples, "train"),
    domains: domainsOf(config, samples).sources,
    perDomain: config.training.perDomain,
    minDomains: config.algorithms.every((name) => SINGLE.includes(name)) ? 1 : 2,
    seed,
  });
}
