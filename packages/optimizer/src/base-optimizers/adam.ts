/**
 * Adam (Kingma and Ba, ICLR 2015) with coupled L2 weight decay, by the formula of `torch.optim.Adam`:
 *
 *     d = g + λ θ;   m ← β1 m + (1 − β1) d;   v ← β2 v + (1 − β2) d²
 *     θ ← θ − lr / (1 − β1^t) · m / (√v / √(1 − β2^t) + ε),   t = 1, 2, …
 *
 * It differs from `tf.train.adam` in its ε and in that a restored state goes on bit for bit: t is counted, whereas
 * TensorFlow.js keeps the products β^t as float32 and computes them anew on restoring.
 */
import { adamUpdate } from "@roga/ops";
import type { BaseOptimizer } from "../contract.js";
import { atLeast, resolveOptions, unchecked, within } from "../options.js";
import { createBaseOptimizer } from "./base-optimizer.js";
import type { ParameterGroup } from "./parameter-groups.js";

/** Options of {@link adam}. */
export interface AdamOptions {
  /** lr, 0 or more; 1e-3 by default. */
  readonly learningRate?: number;
  /** β1 in [0, 1); 0.9 by default. */
  readonly beta1?: number;
  /** β2 in [0, 1); 0.999 by default. */
  readonly beta2?: number;
  /** ε, 0 or more; 1e-8 by default. */
  readonly epsilon?: number;
  /** λ, coupled L2 weight decay (added to the gradient, not decoupled as in `adamw`), 0 or more; 0 by default. */
  readonly weightDecay?: number;
  /** Variables with a learning rate or weight decay of their own; none by default. */
  readonly groups?: readonly ParameterGroup[];
}

/** Checks of the options of Adam and AdamW. */
export const adamChecks = {
  learningRate: atLeast(0),
  beta1: within(0, 1),
  beta2: within(0, 1),
  epsilon: atLeast(0),
  weightDecay: atLeast(0),
  groups: unchecked,
};

/** Their defaults. */
export const adamDefaults: Required<AdamOptions> = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  groups: [],
};

/**
 * Adam. Its slots are `m` and `v`.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function adam(options: AdamOptions = {}): BaseOptimizer {
  const { beta1, beta2, epsilon, ...settings } = resolveOptions("adam", options, adamDefaults, adamChecks);
  return createBaseOptimizer(
    {
      name: "adam",
      slots: ["m", "v"],
      update(variables, gradients, [m, v], { learningRate, weightDecay, step }) {
        const moments = { first: m!, second: v! };
        const options = { learningRate, beta1, beta2, epsilon, weightDecay, step };
        const { first, second } = adamUpdate(variables, gradients, moments, options);
        return [first, second];
      },
    },
    settings,
  );
}
