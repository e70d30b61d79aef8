/**
 * Sharpness-aware gradient matching: SAM whose second gradient is drawn towards the first.
 *
 * Source: P. Wang, Z. Zhang, Z. Lei, L. Zhang, "Sharpness-aware gradient matching for domain generalization", CVPR 2023,
 * arXiv 2303.10353, equations 9 to 13.
 *
 *     g = Σ_k w_k ∇L_k(θ)                                  the ERM gradient
 *     e = ρ g / (‖g‖ + 1e-12) − α g                        up to the worst point, and down along g
 *     h = Σ_k w_k ∇L_k(θ + e)
 *     G = (g + h)/2                                        applied at θ, which is restored exactly
 *
 * To first order the term −α g raises ⟨∇L(θ + ρ ĝ), ∇L(θ)⟩, so it matches the two gradients without a regularizer in the
 * loss. e is a constant: no gradient flows through it. With one domain `roga` is this.
 * Batch-norm hazard: name the running statistics as `buffers`, or the second pass moves them too.
 */

import type { Algorithm } from "../contract.js";
import { atLeast, oneOf, resolveOptions } from "../options.js";
import {
  type CommonOptions,
  commonChecks,
  commonDefaults,
  type ResolvedCommonOptions,
} from "../step/common-options.js";
import { squaredNorms } from "../step/readout.js";
import { createAlgorithm } from "../step/step.js";
import { scaled, WeightedSum } from "../step/weighted-sum.js";
import { ascendedPoint } from "./ascent.js";

/** Options of {@link sagm}. */
export interface SagmOptions extends CommonOptions {
  /** Radius ρ of the ascent, 0 or more; 0.05 by default. */
  readonly rho?: number;
  /** α, 0 or more, absolute (not scaled by the learning rate); 1e-3 by default. */
  readonly alpha?: number;
  /** Random numbers of the second pass: those of the first, `"reuse"` (default), or its own, `"fresh"`. */
  readonly perturbedRandomness?: "reuse" | "fresh";
}

interface Resolved extends ResolvedCommonOptions {
  readonly rho: number;
  readonly alpha: number;
  readonly perturbedRandomness: "reuse" | "fresh";
}

/**
 * SAGM. 2 forward-backwards per sample; 3 parameter-sized buffers, 2 with one domain or `batchNormPass: "mixed"`.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function sagm(options: SagmOptions = {}): Algorithm {
  const defaults: Resolved = { ...commonDefaults, rho: 0.05, alpha: 1e-3, perturbedRandomness: "reuse" };
  const resolved = resolveOptions<Resolved>("sagm", options, defaults, {
    ...commonChecks,
    rho: atLeast(0),
    alpha: atLeast(0),
    perturbedRandomness: oneOf("reuse", "fresh"),
  });
  const ascending = { rho: resolved.rho, adaptive: false, eta: 0, isWeight: () => false };
  return createAlgorithm(
    {
      name: "sagm",
      forwardBackwardsPerSample: () => 2,
      parameterBuffers: () => 2,
      gradient(passes) {
        const { variables, domains } = passes;
        const names = variables.map(({ name }) => name);
        const g = passes.cleanSum();
        const descent = { alpha: resolved.alpha, g };
        const point = ascendedPoint(variables, g, squaredNorms(g, names), ascending, { descent, keep: true });
        const sum = new WeightedSum(); // g + h; no point depends on g alone any more
        sum.add(1, g);
        passes.perturbed(point, "shared", domains, sum, resolved.perturbedRandomness === "fresh");
        return scaled(0.5, sum.value);
      },
    },
    resolved,
  );
}
