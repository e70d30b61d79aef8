/** From configuration to algorithm, base optimizer and model. */
import { type Backbone, build } from "@roga/backbones";
import { type Algorithm, adam, type BaseOptimizer, erm, roga, sgd } from "@roga/optimizer";
import type { Config } from "../config/schema.js";
import type { Job } from "./messages.js";

export function algorithmOf({ algorithm, seed }: Job, config: Config): Algorithm {
  return algorithm === "roga" ? roga({ ...config.roga, seed }) : erm({ seed });
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
