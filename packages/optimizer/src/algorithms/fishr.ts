/**
 * Fishr: the gradients of the last layer are to vary as much within one domain as within another.
 *
 * Source: A. Rame, C. Dancette, M. Cord, "Fishr: invariant gradient variances for out-of-distribution generalization",
 * ICML 2022, arXiv 2109.02934, equations 4 and 5, with the moving average, annealing and defaults of DomainBed.
 *
 *     g_i  = (f_i ⊗ r_i, r_i)                          gradient of sample i's loss in the last layer's weights and biases;
 *                                                      f its features, r = ∂ℓ/∂z in closed form
 *     v_k  = variance of g_i over domain k's batch (divided by n), entry by entry; D entries
 *     a_k  ← κ a_k + (1 − κ) v_k,  a_k = 0 at first;   only v_k carries a gradient
 *     u_k  = a_k / (1 − κ)
 *     P    = (1/K) Σ_k (1/D) ‖u_k − mean_j u_j‖²
 *     G    = ∇(Σ_k w_k L_k(θ) + λ P(θ))                λ is 0 for the first annealSteps steps, while a_k goes on
 *
 * Dividing by 1 − κ gives v_k the same gradient whatever κ is. The penalty couples the domains, so their forwards share one
 * tape: one forward-backward, with the activations of all domains' batches held at a time.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Algorithm, DomainOutput } from "../contract.js";
import { DomainOutputError, StateError } from "../errors.js";
import { resolveOptions, within } from "../options.js";
import {
  type CommonOptions,
  commonChecks,
  commonDefaults,
  type ResolvedCommonOptions,
} from "../step/common-options.js";
import { weighted } from "../step/micro-batches.js";
import { createAlgorithm } from "../step/step.js";
import {
  type AnnealingOptions,
  annealingChecks,
  penaltyWeight,
  type ResolvedAnnealing,
  resetStep,
} from "./annealing.js";
import { crossEntropyResiduals, described, featuresOf } from "./cross-entropy.js";

/** Options of {@link fishr}. */
export interface FishrOptions extends CommonOptions, AnnealingOptions {
  /** λ after the annealing, 0 or more; 1000 by default. Before it is 0. */
  readonly lambda?: number;
  /** How many steps at the start have λ = 0, an integer of 0 or more; 1500 by default. */
  readonly annealSteps?: number;
  /** κ, the decay of the moving average in [0, 1); 0.95 by default. */
  readonly ema?: number;
}

interface Resolved extends ResolvedCommonOptions, ResolvedAnnealing {
  readonly ema: number;
}

const PREFIX = "ema/";

/** v of one batch; shape [D], weights before biases. */
function gradientVariance(output: DomainOutput, domain: string, step: number): tf.Tensor1D {
  const { residuals } = crossEntropyResiduals(output, domain, step);
  const [n, classes] = residuals.shape;
  const features = featuresOf(output, domain, step, 1);
  if (features.shape[0] !== n)
    throw new DomainOutputError(domain, step, `features of ${n} samples`, described(features));
  const length = features.shape[1];
  const outer = tf.mul(tf.reshape(features, [n, length, 1]), tf.reshape(residuals, [n, 1, classes]));
  const gradients = tf.concat([tf.reshape(outer, [n, length * classes]), residuals], 1);
  return tf.mean(tf.square(tf.sub(gradients, tf.mean(gradients, 0, true))), 0);
}

/** P of the domains' u. */
function penaltyOf(averages: readonly tf.Tensor1D[]): tf.Scalar {
  const stacked = tf.stack([...averages]);
  return tf.mean(tf.square(tf.sub(stacked, tf.mean(stacked, 0, true))));
}

/**
 * Fishr. Needs `logits`, `labels` and `features` (what the last linear layer, with a bias, takes) of every domain. 1
 * forward-backward per sample; no parameter-sized buffer, but all domains' activations at once. Its state has a float32
 * vector `ema/<domain>` of length (features + 1) · classes for every domain that it met.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function fishr(options: FishrOptions = {}): Algorithm {
  const checks = { ...commonChecks, ...annealingChecks, ema: within(0, 1) };

  const defaults: Resolved = { ...commonDefaults, lambda: 1000, annealSteps: 1500, resetOptimizer: true, ema: 0.95 };
  const resolved = resolveOptions<Resolved>("fishr", options, defaults, checks);
  const { ema } = resolved;
  return createAlgorithm(
    {
      name: "fishr",
      forwardBackwardsPerSample: () => 1,
      parameterBuffers: () => 0,
      gradient(passes, readout, state) {
        const { domains, step } = passes;
        const lambda = penaltyWeight(resolved, step, 0);
        const average = (output: DomainOutput, domain: string): tf.Tensor1D => {
          const variance = gradientVariance(output, domain, step);
          const former = state.get(PREFIX + domain);
          if (former !== undefined && former.size !== variance.size) {
            const message = `${PREFIX}${domain} has ${former.size} entries, the last layer ${variance.size}`;
            throw new StateError(`fishr: ${message}`);
          }
          const fresh = tf.mul<tf.Tensor1D>(variance, 1 - ema);
          const next = former === undefined ? fresh : tf.add<tf.Tensor1D>(tf.mul(former, ema), fresh);
          state.set(PREFIX + domain, next);
          return tf.div(next, 1 - ema);
        };
        return passes.cleanJoint((outputs) => {
          const averages = outputs.map((output, k) => average(output, domains[k]!.name));
          const different = averages.findIndex(({ size }) => size !== averages[0]!.size);
          if (different > 0) {
            const expected = `as many features and classes as domain "${domains[0]!.name}" has`;
            throw new DomainOutputError(
              domains[different]!.name,
              step,
              expected,
              described(outputs[different]!.features),
            );
          }
          const penalty = penaltyOf(averages);
          readout.penalty(penalty);
          const losses = outputs.map(({ loss }) => loss);
          const weights = domains.map(({ weight }) => weight);
          const loss = weighted(losses, weights);
          return lambda === 0 ? loss : tf.add(loss, tf.mul(penalty, lambda));
        });
      },
      checkState: (name, { rank, dtype }) =>
        name.startsWith(PREFIX) && rank === 1 && dtype === "float32" ? undefined : "a float32 vector ema/<domain>",
      ...resetStep(resolved),
    },
    resolved,
  );
}
