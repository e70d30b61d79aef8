/**
 * AdamW (Loshchilov and Hutter, ICLR 2019): Adam with decoupled weight decay, by the formula of `torch.optim.AdamW`:
 *
 *     θ ← (1 − lr λ) θ
 *     m ← β1 m + (1 − β1) g;   v ← β2 v + (1 − β2) g²
 *     θ ← θ − lr / (1 − β1^t) · m / (√v / √(1 − β2^t) + ε),   t = 1, 2, …
 *
 * Unlike Adam's coupled decay it shrinks all weights at the same rate, whatever the size of their gradients, and a
 * learning-rate schedule scales it too.
 */
import { adamUpdate, scaleList } from "@roga/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { BaseOptimizer } from "../contract.js";
import { resolveOptions } from "../options.js";
import { type AdamOptions, adamChecks, adamDefaults } from "./adam.js";
import { createBaseOptimizer } from "./base-optimizer.js";

/** Options of {@link adamw}. */
export interface AdamWOptions extends Omit<AdamOptions, "weightDecay"> {
  /** λ, decoupled weight decay, 0 or more; 0.01 by default. It acts on every variable that no group exempts. */
  readonly weightDecay?: number;
}

/**
 * AdamW. Its slots are `m` and `v`. Biases and the scales of normalization layers are usually exempt from decay:
 * `groups: [noDecay]`.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function adamw(options: AdamWOptions = {}): BaseOptimizer {
  const defaults = { ...adamDefaults, weightDecay: 0.01 };
  const { beta1, beta2, epsilon, ...settings } = resolveOptions("adamw", options, defaults, adamChecks);
  return createBaseOptimizer(
    {
      name: "adamw",
      slots: ["m", "v"],
      update(variables, gradients, [m, v], { learningRate, weightDecay, step }) {
        if (learningRate * weightDecay !== 0) {
          const decayed = scaleList(1 - learningRate * weightDecay, variables);
          for (const [index, variable] of variables.entries()) variable.assign(decayed[index]!);
          tf.dispose(decayed); // the variables alone hold the values, which lets the update work in place
        }
        const moments = { first: m!, second: v! };
        const { first, second } = adamUpdate(variables, gradients, moments, {
          learningRate,
          beta1,
          beta2,
          epsilon,
          step,
        });
        return [first, second];
      },
    },
    settings,
  );
}
