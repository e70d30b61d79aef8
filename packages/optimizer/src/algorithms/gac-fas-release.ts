/**
 * The released code of GAC-FAS, step for step, to compare with the numbers that it published. For training use `roga`.
 *
 * Source of the method: B. M. Le, S. S. Woo, "Gradient alignment for cross-domain face anti-spoofing", CVPR 2024, arXiv
 * 2402.18817. Its code lets the model's gradients accumulate over the domains and takes each domain's own gradient from
 * the accumulated one by subtracting a running sum, which is right for two domains only. With ℓ_k = L_k/K, in the order
 * of the domains:
 *
 *     G_k = ∇ℓ_1(θ) + … + ∇ℓ_k(θ)                        what the model's gradients hold after domain k
 *     d_k = G_k − A_{k−1},   A_k = A_{k−1} + G_k,  A_0 = 0    what is taken for domain k's gradient, and the running sum
 *     e_k = ρ T² d_k / (‖T d_k‖ + 1e-16)                 T = |θ| + η on weights, normalization scales included
 *     h_k = Σ_j ∇ℓ_j(θ + e_k − α A_K)                    the whole loss' gradient at domain k's point
 *     G   = G_K + (1/K) Σ_k h_k                          applied at θ, which is restored exactly
 *
 * For K = 3 the directions are g_1, g_2 and g_3 − g_1 (of the ℓ_k), and α multiplies 3 g_1 + 2 g_2 + g_3. So for K > 2 the
 * step depends on the order of the domains and the last directions are no domain's.
 */
import { axpy, clone } from "@roga/tensor-utils";
import * as tf from "@tensorflow/tfjs-core";
import type { Algorithm } from "../contract.js";
import { atLeast, callable, count, oneOf, resolveOptions } from "../options.js";
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
import { ascendedPoint } from "./ascent.js";

/** Options of {@link gacFasRelease}. */
export interface GacFasReleaseOptions extends Omit<CommonOptions, "weights"> {
  /** Radius ρ of the ascent in units of T, 0 or more; 0.1 by default. */
  readonly rho?: number;
  /** α, 0 or more; 2e-4 by default. It multiplies the running sum A_K, whose size grows with K. */
  readonly alpha?: number;
  /** η, 0 or more; 0.01 by default. */
  readonly eta?: number;
  /**
   * Which variables T scales. By default those of rank 2 or more, and those whose name says `gamma` or `weight`: what
   * PyTorch calls a weight.
   */
  readonly isWeight?: (variable: tf.Variable) => boolean;
  /** How many steps at the start are plain ERM steps; 0 by default. */
  readonly warmupSteps?: number;
  /** Random numbers of the perturbed passes: those of the clean one, `"reuse"` (default), or their own, `"fresh"`. */
  readonly perturbedRandomness?: "reuse" | "fresh";
}

interface Resolved extends Omit<ResolvedCommonOptions, "weights"> {
  readonly rho: number;
  readonly alpha: number;
  readonly eta: number;
  readonly isWeight: (variable: tf.Variable) => boolean;
  readonly warmupSteps: number;
  readonly perturbedRandomness: "reuse" | "fresh";
}

const { weights, ...common } = commonDefaults;

const defaults: Resolved = {
  ...common,
  rho: 0.1,
  alpha: 2e-4,
  eta: 0.01,
  isWeight: ({ name, rank }) => rank >= 2 || /gamma|weight/i.test(name),
  warmupSteps: 0,
  perturbedRandomness: "reuse",
};

function gradient(passes: Passes, options: Resolved): tf.NamedTensorMap {
  const { domains, variables } = passes;
  const names = variables.map(({ name }) => name);
  const total = new WeightedSum(); // G_k, then with h on top
  let running: tf.NamedTensorMap | undefined; // A_k
  const directions = domains.map((domain) => {
    total.add(1 / domains.length, passes.clean(domain).map);
    const accumulated = total.value;
    const former = running;
    running = former === undefined ? clone(accumulated) : axpy(1, accumulated, former);
    const direction = former === undefined ? clone(accumulated) : axpy(-1, former, accumulated);
    tf.dispose(former ?? {});
    return direction;
  });
  const terms = domains.map(({ name }) => ({ name, weight: 1 / domains.length ** 2 }));
  for (const [k, direction] of directions.entries()) {
    const squares = squaredNorms(direction, names);
    const descent = { alpha: options.alpha, g: running! };
    const adaptive = { ...options, adaptive: true };
    const point = ascendedPoint(variables, direction, squares, adaptive, { descent, epsilon: 1e-16 });
    passes.perturbed(point, domains[k]!.name, terms, total, options.perturbedRandomness === "fresh");
  }
  return total.value;
}

/**
 * GAC-FAS as released. Its result for more than two domains depends on their order, that of the keys of `domainLosses`
 * (JavaScript lists keys that look like integers first, in ascending order). Every domain counts 1/K.
 *
 * 1 + K forward-backwards per sample, 2K with `batchNormPass: "mixed"`; K + 3 parameter-sized buffers, K + 2 with
 * `"mixed"`, 2 with one domain.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function gacFasRelease(options: GacFasReleaseOptions = {}): Algorithm {
  const { weights: _, ...checks } = commonChecks;
  const resolved = resolveOptions<Resolved>("gacFasRelease", options, defaults, {
    ...checks,
    rho: atLeast(0),
    alpha: atLeast(0),
    eta: atLeast(0),
    isWeight: callable,
    warmupSteps: count,
    perturbedRandomness: oneOf("reuse", "fresh"),
  });
  const mixed = resolved.batchNormPass === "mixed";
  return createAlgorithm(
    {
      name: "gacFasRelease",
      forwardBackwardsPerSample: (domains) => (mixed ? 2 * domains : 1 + domains),
      parameterBuffers: (domains) => (domains === 1 ? 2 : domains + 2),
      gradient: (passes) => (passes.step < resolved.warmupSteps ? passes.cleanSum() : gradient(passes, resolved)),
    },
    { ...resolved, weights },
  );
}
