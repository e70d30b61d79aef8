/**
 * Invariant risk minimization (IRMv1): no domain should want to rescale the classifier.
 *
 * Source: M. Arjovsky, L. Bottou, I. Gulrajani, D. Lopez-Paz, "Invariant risk minimization", 2019, arXiv 1907.02893,
 * equation IRMv1 and its appendix D, with the annealing and defaults of DomainBed.
 *
 *     d(B) = ∂/∂s mean_{i∈B} ℓ(s z_i, y_i) at s = 1 = mean_{i∈B} Σ_c z_ic ∂ℓ/∂z_ic          the dummy scale's gradient
 *     P_k  = d(B_k)²                                   penalty "squared"
 *          = d(even samples of B_k) · d(odd ones)      penalty "split": unbiased, and negative at times
 *     G    = Σ_k w_k ∇(L_k(θ) + λ P_k(θ))              (λ is 1 for the first annealSteps steps)
 *
 * ℓ is the sigmoid or softmax cross-entropy, whose derivative has a closed form, so the penalty's gradient takes no second
 * differentiation. Domains do not mix, so each has its own pass.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Algorithm } from "../contract.js";
import { DomainOutputError } from "../errors.js";
import { oneOf, resolveOptions } from "../options.js";
import {
  type CommonOptions,
  commonChecks,
  commonDefaults,
  type ResolvedCommonOptions,
} from "../step/common-options.js";
import type { DomainObjective } from "../step/passes.js";
import { createAlgorithm } from "../step/step.js";
import {
  type AnnealingOptions,
  annealingChecks,
  penaltyWeight,
  type ResolvedAnnealing,
  resetStep,
} from "./annealing.js";
import { crossEntropyResiduals, described, type Residuals } from "./cross-entropy.js";
import { sumBuffers } from "./erm.js";

/** Options of {@link irm}. */
export interface IrmOptions extends CommonOptions, AnnealingOptions {
  /** λ after the annealing, 0 or more; 100 by default. Before it is 1. */
  readonly lambda?: number;
  /** How many steps at the start have λ = 1, an integer of 0 or more; 500 by default. */
  readonly annealSteps?: number;
  /**
   * `"split"` (default): the product of two half batches' gradients, an unbiased estimate that needs at least 2 samples
   * of a domain, in an order that does not depend on the label. `"squared"`: the square of the whole batch's.
   */
  readonly penalty?: "split" | "squared";
}

interface Resolved extends ResolvedCommonOptions, ResolvedAnnealing {
  readonly penalty: "split" | "squared";
}

const defaults: Resolved = {
  ...commonDefaults,
  lambda: 100,
  annealSteps: 500,
  resetOptimizer: true,
  penalty: "split",
};

/** P of one batch. */
function penaltyOf({ logits, residuals }: Residuals, kind: "split" | "squared"): tf.Scalar {
  const [n] = logits.shape;
  const derivatives = tf.sum(tf.mul(logits, residuals), 1); // of every sample's ℓ; shape [n]
  if (kind === "squared") return tf.square(tf.mean<tf.Scalar>(derivatives));
  const part = (first: 0 | 1) => {
    const member = tf.tensor1d(Array.from({ length: n }, (_, i) => (i % 2 === first ? 1 : 0)));
    return tf.div<tf.Scalar>(tf.sum(tf.mul(derivatives, member)), Math.ceil((n - first) / 2));
  };
  return tf.mul(part(0), part(1));
}

/**
 * IRM. Needs `logits` and `labels` of every domain. 1 forward-backward per sample; 1 parameter-sized buffer, none with one
 * domain or `batchNormPass: "mixed"`. The record's `penalty` is Σ w_k P_k; its gradient norms by domain are those of
 * L_k + λ P_k.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function irm(options: IrmOptions = {}): Algorithm {
  const resolved = resolveOptions<Resolved>("irm", options, defaults, {
    ...commonChecks,
    ...annealingChecks,
    penalty: oneOf("split", "squared"),
  });
  return createAlgorithm(
    {
      name: "irm",
      forwardBackwardsPerSample: () => 1,
      parameterBuffers: (domains) => sumBuffers(resolved, domains),
      gradient(passes, readout) {
        const lambda = penaltyWeight(resolved, passes.step, 1);
        const penalized: DomainObjective = (output, domain) => {
          const parts = crossEntropyResiduals(output, domain.name, passes.step);
          if (resolved.penalty === "split" && parts.logits.shape[0] < 2) {
            throw new DomainOutputError(
              domain.name,
              passes.step,
              "2 logits or more to split",
              described(output.logits),
            );
          }
          const penalty = penaltyOf(parts, resolved.penalty);
          readout.penalty(tf.mul(penalty, domain.weight));
          return tf.add(output.loss, tf.mul(penalty, lambda));
        };
        return passes.cleanSum(penalized);
      },
      ...resetStep(resolved),
    },
    resolved,
  );
}
