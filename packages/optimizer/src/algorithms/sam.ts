/**
 * Sharpness-aware minimization: the gradient at the worst point of a ball around θ.
 *
 * Source: P. Foret, A. Kleiner, H. Mobahi, B. Neyshabur, "Sharpness-aware minimization for efficiently improving
 * generalization", ICLR 2021, arXiv 2010.01412, equations 2 and 3.
 *
 *     g = Σ_k w_k ∇L_k(θ)             the ERM gradient
 *     e = ρ g / (‖g‖ + 1e-12)         first-order maximizer of L over the ball of radius ρ
 *     G = Σ_k w_k ∇L_k(θ + e)         applied at θ, which is restored exactly
 *
 * Domains count by their weights alone: there is one ascent for all. For one per domain see `roga`.
 * Batch-norm hazard: name the running statistics as `buffers`, or the second pass moves them too.
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { Algorithm } from "../contract.js";
import { atLeast, oneOf, resolveOptions } from "../options.js";
import {
  type CommonOptions,
  commonChecks,
  commonDefaults,
  type ResolvedCommonOptions,
} from "../step/common-options.js";
import type { Passes } from "../step/passes.js";
import { squaredNorms } from "../step/readout.js";
import { createAlgorithm } from "../step/step.js";
import { WeightedSum } from "../step/weighted-sum.js";
import { type AscentOptions, ascendedPoint } from "./ascent.js";
import { sumBuffers } from "./erm.js";

/** Options of {@link sam}. */
export interface SamOptions extends CommonOptions {
  /** Radius ρ of the ascent, 0 or more; 0.05 by default. */
  readonly rho?: number;
  /** Random numbers of the second pass: those of the first, `"reuse"` (default), or its own, `"fresh"`. */
  readonly perturbedRandomness?: "reuse" | "fresh";
}

interface Resolved extends ResolvedCommonOptions {
  readonly rho: number;
  readonly perturbedRandomness: "reuse" | "fresh";
}

/** The gradient at the point to which the ERM gradient ascends. */
export function gradientAfterAscent(passes: Passes, options: AscentOptions, fresh: boolean): tf.NamedTensorMap {
  const { variables, domains } = passes;
  const names = variables.map(({ name }) => name);
  const g = passes.cleanSum();
  const point = ascendedPoint(variables, g, squaredNorms(g, names), options);
  const sum = new WeightedSum();
  passes.perturbed(point, "shared", domains, sum, fresh);
  return sum.value;
}

/** Parameter-sized buffers of {@link gradientAfterAscent}: θ's backup, and the running sum. */
export function ascentBuffers(options: ResolvedCommonOptions, domains: number): number {
  return 1 + sumBuffers(options, domains);
}

/**
 * SAM. 2 forward-backwards per sample; 2 parameter-sized buffers, 1 with one domain or `batchNormPass: "mixed"`.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function sam(options: SamOptions = {}): Algorithm {
  const defaults: Resolved = { ...commonDefaults, rho: 0.05, perturbedRandomness: "reuse" };
  const resolved = resolveOptions<Resolved>("sam", options, defaults, {
    ...commonChecks,
    rho: atLeast(0),
    perturbedRandomness: oneOf("reuse", "fresh"),
  });
  const ascending = { rho: resolved.rho, adaptive: false, eta: 0, isWeight: () => false };
  return createAlgorithm(
    {
      name: "sam",
      forwardBackwardsPerSample: () => 2,
      parameterBuffers: (domains) => ascentBuffers(resolved, domains),
      gradient: (passes) => gradientAfterAscent(passes, ascending, resolved.perturbedRandomness === "fresh"),
    },
    resolved,
  );
}
