/**
 * RoGA: robust gradient alignment, a two-pass step for training on several domains that is to hold on unseen ones.
 *
 * Source: "RoGA: Towards Generalizable Deepfake Detection through Robust Gradient Alignment", Qiu, Jiang, Tan, ICME 2025,
 * arXiv 2505.20653. Its public record states no equation, so this is a reconstruction from that record and from the
 * published ancestors: GAC-FAS (Le and Woo, CVPR 2024, arXiv 2402.18817), SAGM (Wang et al., CVPR 2023), SAM (Foret et
 * al., ICLR 2021) and ASAM (Kwon et al., ICML 2021). Whatever the record leaves open is an option below.
 *
 *     g_k = ∇L_k(θ)                             one gradient per domain, at θ
 *     g   = Σ_k w_k g_k                         the ERM gradient
 *     e_k = ρ T² g_k / (‖T g_k‖ + 1e-12)        ascending direction of domain k
 *     θ_k = θ + e_k − α g                       up along domain k, down along the ERM gradient
 *     h_k = ∇L_k(θ_k)  or  ∇L(θ_k)              perturbedLoss "own" or "all"
 *     h   = Σ_k w_k h_k                         the generalization gradient
 *     G   = (g + h)/2  or  g + h                combine "mean" or "sum"; applied at θ, which is restored exactly
 *
 * e_k and α g are constants: no gradient flows through them. To first order L(θ + e − α g) = L(θ + e) − α ⟨∇L(θ + e), g⟩,
 * so descending it raises the inner product of the generalization gradient with the ERM gradient, without a
 * regularizer in the loss.
 *
 * Batch-norm hazard: a perturbed forward in training mode would move the running statistics as well. Name them as
 * `buffers` in the step's context and they end as after one ERM step.
 */
import { combineLists } from "@roga/ops";
import type * as tf from "@tensorflow/tfjs-core";
import type { Algorithm } from "../contract.js";
import { atLeast, callable, count, flag, oneOf, resolveOptions } from "../options.js";
import {
  type CommonOptions,
  commonChecks,
  commonDefaults,
  type ResolvedCommonOptions,
} from "../step/common-options.js";
import type { Passes } from "../step/passes.js";
import type { DomainShare } from "../step/readout.js";
import { createAlgorithm } from "../step/step.js";
import { named, scaled, WeightedSum } from "../step/weighted-sum.js";
import { type AscentOptions, ascendedPoint, ascent, perturbedPoint } from "./ascent.js";

/** Options of {@link roga}. */
export interface RogaOptions extends CommonOptions {
  /** Radius ρ of the ascent, 0 or more; 0.1 by default. */
  readonly rho?: number;
  /** α, 0 or more, absolute (not scaled by the learning rate); 2e-4 by default. */
  readonly alpha?: number;
  /** Whether T = |θ| + η on weight tensors (ASAM) instead of I; false by default. */
  readonly adaptive?: boolean;
  /** η of the adaptive ascent, 0 or more; 0.01 by default. */
  readonly eta?: number;
  /**
   * Which variables are weight tensors to the adaptive ascent. By default those of rank 2 or more: kernels, but neither
   * biases nor the scales and shifts of normalization layers.
   */
  readonly isWeight?: (variable: tf.Variable) => boolean;
  /**
   * `"mean"` (default): G = (g + h)/2, so that a learning rate found for ERM keeps its meaning. `"sum"`: G = g + h, as
   * GAC-FAS adds them.
   */
  readonly combine?: "mean" | "sum";
  /**
   * The loss whose gradient is taken at domain k's point: `"own"` (default), that domain's; `"all"`, the weighted loss
   * of all domains, as in GAC-FAS, at (1 + K)/2 times the cost. With one shared point both are the same.
   */
  readonly perturbedLoss?: "own" | "all";
  /**
   * `"perDomain"` (default): a point per domain. `"shared"`: one point for all, along e = Σ w_k e_k, the mean of the
   * domains' ascending directions, whose norm is ρ at most.
   */
  readonly ascent?: "perDomain" | "shared";
  /** How many steps at the start are plain ERM steps (G = g, whatever `combine`); 0 by default. */
  readonly warmupSteps?: number;
  /**
   * `"reuse"` (default): dropout and the like see the same random numbers in the perturbed passes as in the clean one.
   * `"fresh"`: every point draws its own.
   */
  readonly perturbedRandomness?: "reuse" | "fresh";
}

interface Resolved extends ResolvedCommonOptions, AscentOptions {
  readonly alpha: number;
  readonly combine: "mean" | "sum";
  readonly perturbedLoss: "own" | "all";
  readonly ascent: "perDomain" | "shared";
  readonly warmupSteps: number;
  readonly perturbedRandomness: "reuse" | "fresh";
}

const defaults: Resolved = {
  ...commonDefaults,
  rho: 0.1,
  alpha: 2e-4,
  adaptive: false,
  eta: 0.01,
  isWeight: ({ rank }) => rank >= 2,
  combine: "mean",
  perturbedLoss: "own",
  ascent: "perDomain",
  warmupSteps: 0,
  perturbedRandomness: "reuse",
};

/** G of one step, over its passes. */
class RogaGradient {
  readonly #options: Resolved;
  readonly #passes: Passes;
  readonly #erm = new WeightedSum();
  /** h. Where no point depends on g any more when the first h_k comes, h is added to g and one buffer serves both. */
  readonly #generalization: WeightedSum;

  constructor(options: Resolved, passes: Passes) {
    this.#options = options;
    this.#passes = passes;
    this.#generalization = options.alpha === 0 || options.ascent === "shared" ? this.#erm : new WeightedSum();
  }

  compute(): tf.NamedTensorMap {
    const { alpha, ascent: kind } = this.#options;
    if (kind === "shared") this.#shared();
    else if (alpha === 0) this.#interleaved();
    else this.#afterAllClean();
    const share = this.#options.combine === "mean" ? 0.5 : 1;
    if (this.#generalization === this.#erm) return scaled(share, this.#erm.value);
    this.#erm.merge(share, share, this.#generalization.value);
    return this.#erm.value;
  }

  /** α = 0: every domain's point needs its own gradient alone, so its two passes follow one another. */
  #interleaved(): void {
    const { domains, variables } = this.#passes;
    for (const domain of domains) {
      const { map, squares } = this.#passes.clean(domain);
      const point = ascendedPoint(variables, map, squares, this.#options, { keep: true });
      this.#erm.add(domain.weight, map);
      this.#perturb(point, domain.name, this.#termsAt(domain));
    }
  }

  /** α ≠ 0: g, and so every g_k, must exist before the first ascent. */
  #afterAllClean(): void {
    const { domains, variables } = this.#passes;
    const gradients = domains.map((domain) => this.#passes.clean(domain));
    const names = variables.map(({ name }) => name);
    const lists = gradients.map(({ map }) => names.map((name) => map[name]!));
    const weights = domains.map(({ weight }) => weight);
    this.#erm.add(1, named(names, combineLists(weights, lists)));
    const descent = { alpha: this.#options.alpha, g: this.#erm.value };
    for (const [index, domain] of domains.entries()) {
      const { map, squares } = gradients[index]!;
      const point = ascendedPoint(variables, map, squares, this.#options, { descent });
      this.#perturb(point, domain.name, this.#termsAt(domain));
    }
  }

  #shared(): void {
    const { domains, variables } = this.#passes;
    const directions = new WeightedSum();
    for (const domain of domains) {
      const { map, squares } = this.#passes.clean(domain);
      directions.add(domain.weight, ascent(variables, map, squares, this.#options));
      this.#erm.add(domain.weight, map);
    }
    const { alpha } = this.#options;
    const descent = alpha === 0 ? undefined : { alpha, g: this.#erm.value };
    const point = perturbedPoint(variables, directions.value, descent);
    this.#perturb(point, "shared", domains);
  }

  /** Whose losses count at the point of `domain`, and how much in h. */
  #termsAt(domain: DomainShare): readonly DomainShare[] {
    if (this.#options.perturbedLoss === "own") return [domain];
    return this.#passes.domains.map(({ name, weight }) => ({ name, weight: domain.weight * weight }));
  }

  #perturb(point: tf.NamedTensorMap, label: string, terms: readonly DomainShare[]): void {
    const fresh = this.#options.perturbedRandomness === "fresh";
    this.#passes.perturbed(point, label, terms, this.#generalization, fresh);
  }
}

/** Parameter-sized buffers at the worst moment; see {@link Algorithm.parameterBuffers}. */
function parameterBuffers(options: Resolved, unperturbed: boolean, domains: number): number {
  const severalLosses = domains > 1 && options.batchNormPass === "perDomain"; // at one point, hence h beside g
  if (unperturbed) return severalLosses ? 1 : 0;
  if (options.alpha === 0 || options.ascent === "shared") return 2;
  return domains + (severalLosses && options.perturbedLoss === "all" ? 2 : 1);
}

/**
 * RoGA over any variables and per-domain losses.
 *
 * Cost: 2 forward-backwards per sample, 1 + K with `perturbedLoss: "all"` and a point per domain. With
 * `batchNormPass: "mixed"` the K gradients at θ take a joint pass each, and so do the K points: 2K, or K + 1 with a
 * shared point. With ρ = α = 0 every point is θ and h is g, so no second pass is made (unless random numbers are drawn
 * afresh) and the step is an ERM step.
 *
 * Memory: with α = 0 or a shared point two parameter-sized buffers, θ's backup and the running g + h. With α ≠ 0 and a
 * point per domain all g_k must exist before the first ascent: K + 1 buffers, K + 2 with `perturbedLoss: "all"`. That is
 * the least without passes made twice: in the first perturbed pass θ, g and the other K − 1 g_k are all still needed, and
 * none of them follows from the others. Never a copy of the model.
 *
 * @throws OptionError for an unknown option or a value out of range
 * @example
 * ```ts
 * const algorithm = roga({ rho: 0.1, alpha: 2e-4 });
 * const record = await algorithm.step({
 *   variables: [theta],
 *   domainLosses: { deepfakes: () => lossOn(batchOfDeepfakes), faceswap: () => lossOn(batchOfFaceswap) },
 *   baseOptimizer: adam({ learningRate: 2e-4 }),
 * });
 * ```
 */
export function roga(options: RogaOptions = {}): Algorithm {
  const resolved = resolveOptions<Resolved>("roga", options, defaults, {
    ...commonChecks,
    rho: atLeast(0),
    alpha: atLeast(0),
    adaptive: flag,
    eta: atLeast(0),
    isWeight: callable,
    combine: oneOf("mean", "sum"),
    perturbedLoss: oneOf("own", "all"),
    ascent: oneOf("perDomain", "shared"),
    warmupSteps: count,
    perturbedRandomness: oneOf("reuse", "fresh"),
  });
  const mixed = resolved.batchNormPass === "mixed";
  const shared = resolved.ascent === "shared";
  const unperturbed = resolved.rho === 0 && resolved.alpha === 0 && resolved.perturbedRandomness === "reuse";
  return createAlgorithm(
    {
      name: "roga",
      forwardBackwardsPerSample: (domains) => {
        if (unperturbed) return 1;
        if (mixed) return domains + (shared ? 1 : domains);
        return shared || resolved.perturbedLoss === "own" ? 2 : 1 + domains;
      },
      parameterBuffers: (domains) => parameterBuffers(resolved, unperturbed, domains),
      gradient: (passes) => {
        if (passes.step < resolved.warmupSteps) return passes.cleanSum();
        if (unperturbed) return scaled(resolved.combine === "mean" ? 1 : 2, passes.cleanSum());
        return new RogaGradient(resolved, passes).compute();
      },
    },
    resolved,
  );
}
