/** From configuration to base optimizer, learning-rate schedule and average of the weights. */
import {
  adam,
  adamw,
  type BaseOptimizer,
  type ClipOptions,
  constant,
  cosine,
  ema,
  noDecay,
  type ParameterGroup,
  type Schedule,
  sgd,
  stepDecay,
  swa,
  swad,
  type WeightAverage,
  warmup,
} from "@roga/optimizer";
import type { AveragingOptions, Selection } from "@roga/training";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { AlgorithmName } from "../config/algorithms.js";
import { ConfigError } from "../config/load.js";
import type { Config } from "../config/schema.js";

/** @throws ConfigError for a group that matches none of the model's weights */
export function baseOptimizerOf({ optimizer }: Config, model: LayersModel): BaseOptimizer {
  const { name, learningRate, weightDecay, momentum, nesterov, beta1, beta2, epsilon } = optimizer;
  const groups = [...(optimizer.noDecay ? [noDecay] : []), ...groupsOf(optimizer.groups, model)];
  const common = { learningRate, weightDecay, groups };
  if (name === "sgd") return sgd({ ...common, momentum, nesterov });
  return (name === "adam" ? adam : adamw)({ ...common, beta1, beta2, epsilon });
}

/** Groups by the names that checkpoints have, which are the same in every process. */
function groupsOf(groups: Config["optimizer"]["groups"], model: LayersModel): ParameterGroup[] {
  const weights = model.trainableWeights.map((weight) => ({ name: weight.originalName, tensor: weight.read() }));
  return groups.map(({ name = "", rankBelow = Number.POSITIVE_INFINITY, learningRateFactor, weightDecay }, index) => {
    const pattern = new RegExp(name);
    const meant = weights.filter((weight) => pattern.test(weight.name) && weight.tensor.rank < rankBelow);
    if (meant.length === 0) {
      const names = weights.map((weight) => weight.name).join(", ");
      throw new ConfigError(`optimizer.groups.${index}: matches none of the trained weights: ${names}`);
    }
    const tensors = new Set(meant.map(({ tensor }) => tensor));
    return {
      match: (variable) => tensors.has(variable),
      ...(learningRateFactor !== undefined && { learningRateFactor }),
      ...(weightDecay !== undefined && { weightDecay }),
    };
  });
}

/** The limit on the gradient; undefined without one. */
export function clipOf({ optimizer }: Config): ClipOptions | undefined {
  const { norm, value } = optimizer.clip;
  if (norm !== null) return { norm };
  return value === null ? undefined : { value };
}

/** The factor on the learning rate over the steps of the run. */
export function scheduleOf({ optimizer }: Config, stepsPerEpoch: number): Schedule {
  const { name, final, epochs, factor, warmupSteps, warmupStart } = optimizer.schedule;
  const courses = {
    constant: () => constant(),
    cosine: () => cosine({ final }),
    stepDecay: () => stepDecay({ every: Math.max(1, Math.round(epochs * stepsPerEpoch)), factor }),
  };
  const course = courses[name]();
  return warmupSteps === 0 ? course : warmup({ steps: warmupSteps, start: warmupStart }, course);
}

/** The average of the weights in a run of an algorithm; undefined without one. */
export function averageOf(
  config: Config,
  algorithm: AlgorithmName,
  stepsPerEpoch: number,
): AveragingOptions | undefined {
  const weights = weightAverageOf(config, stepsPerEpoch);
  if (weights === undefined) return undefined;
  const { name, statistics, recomputeSteps, validateEvery } = config.average;
  return {
    weights,
    ...(statistics !== null && { statistics }),
    ...(recomputeSteps !== null && { recomputeSteps }),
    ...(name === "swad" && validateEvery !== null && { validateEvery }),
    // The statistics are of batches as the algorithm's clean pass forms them.
    batchNormPass: algorithm === "erm" ? "perDomain" : config[algorithm].batchNormPass,
  };
}

function weightAverageOf({ average }: Config, stepsPerEpoch: number): WeightAverage | undefined {
  const { name, decay, warmup: grows, start, every, convergencePatience, overfitPatience, tolerance } = average;
  if (name === "none") return undefined;
  if (name === "ema") return ema({ decay, warmup: grows });
  if (name === "swad") return swad({ convergencePatience, overfitPatience, tolerance });
  const first = start * stepsPerEpoch;
  return every === null
    ? swa({ start: first + stepsPerEpoch - 1, every: stepsPerEpoch })
    : swa({ start: first, every });
}

/** The rule that selects the epoch to test. */
export function selectionOf({ average }: Config): Selection {
  const usual = average.name === "swa" || average.name === "swad" ? "last" : "best";
  return (average.select ?? usual) === "last" ? "last-epoch" : "source-validation";
}

/** What was tested, in words; null for the weights of a step. */
export function describeAverage({ average }: Config): string | null {
  const { name, decay, warmup: grows, start, every, statistics } = average;
  if (name === "none") return null;
  const averages = {
    ema: `an exponential moving average over the steps (decay ${decay}${grows ? ", growing" : ""})`,
    swa: `a uniform average (SWA) over ${every === null ? "the last step of each epoch" : `every ${every} steps`}${start > 0 ? ` from epoch ${start + 1}` : ""}`,
    swad: "a uniform average (SWAD) over the steps between its start and end by validation loss",
  };
  const along = (statistics ?? (name === "ema" ? "average" : "recompute")) === "average";
  return `Weights that were validated and tested: ${averages[name]}; batch-norm statistics ${along ? "averaged along" : "made anew from training batches"}.`;
}
