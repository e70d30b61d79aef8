/**
 * Empirical risk minimization: the plain step, and the baseline of every comparison.
 *
 *     G = g = Σ_k w_k ∇L_k(θ)
 *
 * Every domain counts by its weight w_k whatever its batch size. One forward-backward per sample.
 */

import type { Algorithm } from "../contract.js";
import { resolveOptions } from "../options.js";
import {
  type CommonOptions,
  commonChecks,
  commonDefaults,
  type ResolvedCommonOptions,
} from "../step/common-options.js";
import { createAlgorithm } from "../step/step.js";

/** Options of {@link erm}. */
export interface ErmOptions extends CommonOptions {}

/** Parameter-sized buffers that summing the domains' gradients takes. */
export function sumBuffers({ batchNormPass }: ResolvedCommonOptions, domains: number): number {
  return batchNormPass === "mixed" || domains === 1 ? 0 : 1;
}

/**
 * Empirical risk minimization over domains.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function erm(options: ErmOptions = {}): Algorithm {
  const resolved = resolveOptions<ResolvedCommonOptions>("erm", options, commonDefaults, commonChecks);
  return createAlgorithm(
    {
      name: "erm",
      forwardBackwardsPerSample: () => 1,
      parameterBuffers: (domains) => sumBuffers(resolved, domains),
      gradient: (passes) => passes.cleanSum(),
    },
    resolved,
  );
}
