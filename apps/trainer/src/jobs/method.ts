/** From configuration to algorithm, model and batches. */
import { type Backbone, build } from "@roga/backbones";
import { type BatchPlan, ofSplit, planBatches, type Sample } from "@roga/datasets";
import {
  type Algorithm,
  asam,
  type ClipOptions,
  coral,
  type DiagnosticsOptions,
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
import type { AlgorithmName } from "../config/algorithms.js";
import type { Config } from "../config/schema.js";
import { domainsOf } from "../data/domains.js";
import type { Job } from "./messages.js";
import { clipOf } from "./optimization.js";

/** Options that no section of the configuration has. */
interface Common {
  readonly seed: number;
  readonly diagnostics: DiagnosticsOptions | undefined;
  readonly clip: ClipOptions | undefined;
}

/** Makes each algorithm with its section of the configuration. */
const algorithms: Readonly<Record<AlgorithmName, (config: Config, common: Common) => Algorithm>> = {
  erm: (_, common) => erm(common),
  roga: (config, common) => roga({ ...config.roga, ...common }),
  sam: (config, common) => sam({ ...config.sam, ...common }),
  asam: (config, common) => asam({ ...config.asam, ...common }),
  sagm: (config, common) => sagm({ ...config.sagm, ...common }),
  gacFasRelease: (config, common) => gacFasRelease({ ...config.gacFasRelease, ...common }),
  groupDro: (config, common) => groupDro({ ...config.groupDro, ...common }),
  vrex: (config, common) => vrex({ ...config.vrex, ...common }),
  irm: (config, common) => irm({ ...config.irm, ...common }),
  coral: (config, common) => coral({ ...config.coral, ...common }),
  mldg: (config, common) => mldg({ ...inner(config.mldg), ...common }),
  fish: (config, common) => fish({ ...inner(config.fish), ...common }),
  fishr: (config, common) => fishr({ ...config.fishr, ...common }),
};

/** The package says undefined where the configuration says null. */
function inner<T extends { innerLearningRate: number | null }>(options: T) {
  return { ...options, innerLearningRate: options.innerLearningRate ?? undefined };
}

/** Methods to which a domain is nothing in particular, so that one is enough. */
const SINGLE: readonly AlgorithmName[] = ["erm", "sam", "asam", "sagm", "irm"];

export function algorithmOf({ algorithm, seed }: Job, config: Config): Algorithm {
  const { diagnosticsEvery: every } = config.training;
  const diagnostics = every === null ? undefined : { every };
  return algorithms[algorithm](config, { seed, diagnostics, clip: clipOf(config) });
}

export function backboneOf({ model }: Config, seed: number): Backbone {
  const { backbone, variant, dropout, inputSize, classes } = model;
  return build(backbone, {
    inputSize,
    classes,
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
