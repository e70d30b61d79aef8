/**
 * Empirical risk minimization: the plain step, and the baseline of every comparison.
 *
 *     G = g = Σ_k w_k ∇L_k(θ)
 *
 * Every domain counts by its weight w_k whatever its batch size. One forward-backward per sample.
 */
import { type CommonOptions, commonChecks, commonDefaults, type ResolvedCommonOptions } from "./common-options.js";
import type { Algorithm } from "./contract.js";
import { OptionError } from "./errors.js";
import { resolveOptions } from "./options.js";
import { createAlgorithm } from "./step.js";

/** Options of {@link erm}. */
export interface ErmOptions extends CommonOptions {}

/**
 * Empirical risk minimization over domains.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function erm(options: ErmOptions = {}): Algorithm {
  const resolved = resolveOptions<ResolvedCommonOptions>("erm", options, commonDefaults, commonChecks);
  if (resolved.recordCosines && resolved.batchNormPass === "mixed") {
    // One joint pass gives their sum only.
    throw new OptionError("erm.recordCosines", 'false with batchNormPass "mixed"', true);
  }
  return createAlgorithm(
    {
      name: "erm",
      forwardBackwardsPerSample: () => 1,
      parameterBuffers: (domains) => {
        if (resolved.batchNormPass === "mixed" || domains === 1) return 0;
        return resolved.recordCosines ? domains : 1;
      },
      gradient: (passes) => passes.cleanSum(),
    },
    resolved,
  );
}
