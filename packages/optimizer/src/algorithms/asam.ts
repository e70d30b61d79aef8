/**
 * Adaptive sharpness-aware minimization: SAM in a ball that is scaled by the weights' size, so that rescaling a layer
 * without changing the network's function leaves its sharpness alone.
 *
 * Source: J. Kwon, J. Kim, H. Park, I. K. Choi, "ASAM: adaptive sharpness-aware minimization for scale-invariant learning
 * of deep neural networks", ICML 2021, arXiv 2102.11600, algorithm 1.
 *
 *     T = |θ| + η on weight tensors, 1 elsewhere
 *     g = Σ_k w_k ∇L_k(θ)                     the ERM gradient
 *     e = ρ T² g / (‖T g‖ + 1e-12)            so that ‖T⁻¹ e‖ = ρ
 *     G = Σ_k w_k ∇L_k(θ + e)                 applied at θ, which is restored exactly
 *
 * Batch-norm hazard: name the running statistics as `buffers`, or the second pass moves them too.
 */
import type { Variable } from "@tensorflow/tfjs-core";
import type { Algorithm } from "../contract.js";
import { atLeast, callable, oneOf, resolveOptions } from "../options.js";
import {
  type CommonOptions,
  commonChecks,
  commonDefaults,
  type ResolvedCommonOptions,
} from "../step/common-options.js";
import { createAlgorithm } from "../step/step.js";
import { ascentBuffers, gradientAfterAscent } from "./sam.js";

/** Options of {@link asam}. */
export interface AsamOptions extends CommonOptions {
  /** Radius ρ of the ascent in units of T, 0 or more; 0.5 by default, as the paper's for CIFAR-10 (1 for CIFAR-100). */
  readonly rho?: number;
  /** η, 0 or more; 0.01 by default. */
  readonly eta?: number;
  /**
   * Which variables are weight tensors. By default those of rank 2 or more: kernels, but neither biases nor the scales
   * and shifts of normalization layers.
   */
  readonly isWeight?: (variable: Variable) => boolean;
  /** Random numbers of the second pass: those of the first, `"reuse"` (default), or its own, `"fresh"`. */
  readonly perturbedRandomness?: "reuse" | "fresh";
}

interface Resolved extends ResolvedCommonOptions {
  readonly rho: number;
  readonly eta: number;
  readonly isWeight: (variable: Variable) => boolean;
  readonly perturbedRandomness: "reuse" | "fresh";
}

const defaults: Resolved = {
  ...commonDefaults,
  rho: 0.5,
  eta: 0.01,
  isWeight: ({ rank }) => rank >= 2,
  perturbedRandomness: "reuse",
};

/**
 * ASAM. 2 forward-backwards per sample; 2 parameter-sized buffers, 1 with one domain or `batchNormPass: "mixed"`.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function asam(options: AsamOptions = {}): Algorithm {
  const resolved = resolveOptions<Resolved>("asam", options, defaults, {
    ...commonChecks,
    rho: atLeast(0),
    eta: atLeast(0),
    isWeight: callable,
    perturbedRandomness: oneOf("reuse", "fresh"),
  });
  const ascending = { ...resolved, adaptive: true };
  return createAlgorithm(
    {
      name: "asam",
      forwardBackwardsPerSample: () => 2,
      parameterBuffers: (domains) => ascentBuffers(resolved, domains),
      gradient: (passes) => gradientAfterAscent(passes, ascending, resolved.perturbedRandomness === "fresh"),
    },
    resolved,
  );
}
