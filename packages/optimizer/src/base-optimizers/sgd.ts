/**
 * Stochastic gradient descent with momentum, by the formula of `torch.optim.SGD` (dampening 0):
 *
 *     d = g + λ θ;   b ← μ b + d;   θ ← θ − lr · (μ b + d  with Nesterov, otherwise b)
 */
import { sgdUpdate } from "@roga/ops";
import type { BaseOptimizer } from "../contract.js";
import { OptionError } from "../errors.js";
import { atLeast, flag, resolveOptions, unchecked, within } from "../options.js";
import { createBaseOptimizer } from "./base-optimizer.js";
import type { ParameterGroup } from "./parameter-groups.js";

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** lr, 0 or more; 0.01 by default. */
  readonly learningRate?: number;
  /** μ in [0, 1); 0 by default. */
  readonly momentum?: number;
  /** Whether the update looks ahead along the momentum (needs one); false by default. */
  readonly nesterov?: boolean;
  /** λ, coupled L2 weight decay, 0 or more; 0 by default. It acts on every variable that no group exempts. */
  readonly weightDecay?: number;
  /** Variables with a learning rate or weight decay of their own; none by default. */
  readonly groups?: readonly ParameterGroup[];
}

const MOMENTUM = "momentum";

/**
 * Stochastic gradient descent. With a momentum its slot is `momentum`.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function sgd(options: SgdOptions = {}): BaseOptimizer {
  const defaults = { learningRate: 0.01, momentum: 0, nesterov: false, weightDecay: 0, groups: [] };
  const { momentum, nesterov, ...settings } = resolveOptions<Required<SgdOptions>>("sgd", options, defaults, {
    learningRate: atLeast(0),
    momentum: within(0, 1),
    nesterov: flag,
    weightDecay: atLeast(0),
    groups: unchecked,
  });
  if (nesterov && momentum === 0) throw new OptionError("sgd.nesterov", "false without momentum", nesterov);
  return createBaseOptimizer(
    {
      name: "sgd",
      slots: momentum === 0 ? [] : [MOMENTUM],
      update(variables, gradients, [momenta], { learningRate, weightDecay }) {
        return [sgdUpdate(variables, gradients, momenta, { learningRate, momentum, nesterov, weightDecay })];
      },
    },
    settings,
  );
}
