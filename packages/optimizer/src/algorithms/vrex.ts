/**
 * Risk extrapolation with a variance penalty: domains are to have the same loss.
 *
 * Source: D. Krueger, E. Caballero, J.-H. Jacobsen et al., "Out-of-distribution generalization via risk extrapolation
 * (REx)", ICML 2021, arXiv 2003.00688, equation 8, with the annealing and defaults of DomainBed.
 *
 *     L = Σ_k w_k L_k(θ)
 *     V = Σ_k w_k (L_k(θ) − L)²
 *     G = ∇(L + λ V) = Σ_k w_k (1 + 2λ (L_k − L)) ∇L_k(θ)        (λ is 1 for the first annealSteps steps)
 *
 * The factors need all losses first. No second pass and no joint one is needed, as they are affine in L_k: two running
 * sums, g = Σ w_k g_k and d = Σ w_k (L_k − L_1) g_k, give G = g + 2λ (d − (L − L_1) g). (L_1, the first domain's loss, keeps
 * the difference from cancelling.)
 */
import { clone } from "@roga/tensor-utils";
import * as tf from "@tensorflow/tfjs-core";
import type { Algorithm } from "../contract.js";
import { resolveOptions } from "../options.js";
import {
  type CommonOptions,
  commonChecks,
  commonDefaults,
  type ResolvedCommonOptions,
} from "../step/common-options.js";
import type { Passes } from "../step/passes.js";
import type { DomainShare, Readout } from "../step/readout.js";
import { createAlgorithm } from "../step/step.js";
import { WeightedSum } from "../step/weighted-sum.js";
import {
  type AnnealingOptions,
  annealingChecks,
  penaltyWeight,
  type ResolvedAnnealing,
  resetStep,
} from "./annealing.js";

/** Options of {@link vrex}. */
export interface VrexOptions extends CommonOptions, AnnealingOptions {
  /** λ after the annealing, 0 or more; 10 by default. Before it is 1. */
  readonly lambda?: number;
  /** How many steps at the start have λ = 1, an integer of 0 or more; 500 by default. */
  readonly annealSteps?: number;
}

interface Resolved extends ResolvedCommonOptions, ResolvedAnnealing {}

/** L and V of the domains' losses. */
function moments(
  domains: readonly DomainShare[],
  losses: readonly tf.Scalar[],
): { mean: tf.Scalar; variance: tf.Scalar } {
  const average = (values: readonly tf.Scalar[]) =>
    tf.addN(domains.map(({ weight }, k) => tf.mul<tf.Scalar>(values[k]!, weight)));
  const mean = average(losses);
  return { mean, variance: average(losses.map((loss) => tf.square(tf.sub<tf.Scalar>(loss, mean)))) };
}

function separate(passes: Passes, readout: Readout, lambda: number): tf.NamedTensorMap {
  const { domains } = passes;
  const losses: tf.Scalar[] = [];
  const plain = new WeightedSum(); // g
  const deviating = new WeightedSum(); // d
  for (const [k, domain] of domains.entries()) {
    const { map, losses: loss } = passes.clean(domain);
    losses.push(tf.reshape<tf.Rank.R0>(loss, []));
    if (k > 0) {
      const deviation = tf.mul<tf.Scalar>(tf.sub(losses[k]!, losses[0]!), domain.weight);
      deviating.add(deviation, clone(map));
    }
    plain.add(domain.weight, map);
  }
  const { mean, variance } = moments(domains, losses);
  readout.penalty(variance);
  if (domains.length === 1) return plain.value;
  const total = new WeightedSum();
  total.add(tf.sub<tf.Scalar>(1, tf.mul(tf.sub(mean, losses[0]!), 2 * lambda)), plain.value);
  total.add(2 * lambda, deviating.value);
  return total.value;
}

function joint(passes: Passes, readout: Readout, lambda: number): tf.NamedTensorMap {
  return passes.cleanJoint((outputs) => {
    const losses = outputs.map(({ loss }) => loss);
    const { mean, variance } = moments(passes.domains, losses);
    readout.penalty(variance);
    return tf.add(mean, tf.mul(variance, lambda));
  });
}

/**
 * VREx. 1 forward-backward per sample; 2 parameter-sized buffers (1 with two domains, none with one or with
 * `batchNormPass: "mixed"`).
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function vrex(options: VrexOptions = {}): Algorithm {
  const defaults: Resolved = { ...commonDefaults, lambda: 10, annealSteps: 500, resetOptimizer: true };
  const resolved = resolveOptions<Resolved>("vrex", options, defaults, { ...commonChecks, ...annealingChecks });
  const mixed = resolved.batchNormPass === "mixed";
  return createAlgorithm(
    {
      name: "vrex",
      forwardBackwardsPerSample: () => 1,
      parameterBuffers: (domains) => (mixed ? 0 : Math.min(domains - 1, 2)),
      gradient(passes, readout) {
        const lambda = penaltyWeight(resolved, passes.step, 1);
        return mixed ? joint(passes, readout, lambda) : separate(passes, readout, lambda);
      },
      ...resetStep(resolved),
    },
    resolved,
  );
}
