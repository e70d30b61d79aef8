/**
 * CORAL between domains: features are to have the same mean and covariance in every domain.
 *
 * Source: B. Sun, K. Saenko, "Deep CORAL: correlation alignment for deep domain adaptation", ECCV 2016 workshops, arXiv
 * 1607.01719, in the form of DomainBed, which aligns means as well and averages over entries and over pairs of domains.
 *
 *     m_k, C_k = mean and covariance (divided by n − 1) of the F features over domain k's batch
 *     P = mean over pairs j < k of ( mean_a (m_j − m_k)_a² + mean_ab (C_j − C_k)_ab² )
 *     G = ∇(Σ_k w_k L_k(θ) + γ P(θ))
 *
 * A mean over pairs of squared distances is 2/(K − 1) times the sum of squared distances from the mean, so its cost grows
 * with K, not K². The penalty couples the domains, so their forwards share one tape: one forward-backward, with the
 * activations of all domains' batches held at a time, as in a step on one batch of all.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Algorithm } from "../contract.js";
import { DomainOutputError } from "../errors.js";
import { atLeast, resolveOptions } from "../options.js";
import {
  type CommonOptions,
  commonChecks,
  commonDefaults,
  type ResolvedCommonOptions,
} from "../step/common-options.js";
import { weighted } from "../step/micro-batches.js";
import { createAlgorithm } from "../step/step.js";
import { featuresOf } from "./cross-entropy.js";

/** Options of {@link coral}. */
export interface CoralOptions extends CommonOptions {
  /** γ, 0 or more; 1 by default. */
  readonly gamma?: number;
}

interface Resolved extends ResolvedCommonOptions {
  readonly gamma: number;
}

/** Mean over pairs of the mean squared difference of the entries; the tensors have one shape. */
function meanPairDistance(values: readonly tf.Tensor[]): tf.Scalar {
  const stacked = tf.stack([...values]);
  const deviations = tf.square(tf.sub(stacked, tf.mean(stacked, 0, true)));
  return tf.div(tf.sum<tf.Scalar>(deviations), ((values.length - 1) / 2) * values[0]!.size);
}

/** P of the domains' features, each [n, F]; 0 for one domain. */
function penaltyOf(features: readonly tf.Tensor2D[]): tf.Scalar {
  if (features.length === 1) return tf.scalar(0);
  const means = features.map((feature) => tf.mean(feature, 0, true));
  const covariances = features.map((feature, k) => {
    const centred = tf.sub<tf.Tensor2D>(feature, means[k]!);
    return tf.div(tf.matMul(centred, centred, true), feature.shape[0] - 1);
  });
  return tf.add(meanPairDistance(means), meanPairDistance(covariances));
}

/**
 * CORAL. Needs `features` of every domain, of one length F, from at least 2 samples. 1 forward-backward per sample; no
 * parameter-sized buffer, but all domains' activations at once.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function coral(options: CoralOptions = {}): Algorithm {
  const checks = { ...commonChecks, gamma: atLeast(0) };

  const resolved = resolveOptions<Resolved>("coral", options, { ...commonDefaults, gamma: 1 }, checks);
  return createAlgorithm(
    {
      name: "coral",
      forwardBackwardsPerSample: () => 1,
      parameterBuffers: () => 0,
      gradient(passes, readout) {
        const { domains, step } = passes;
        return passes.cleanJoint((outputs) => {
          const features = outputs.map((output, k) => featuresOf(output, domains[k]!.name, step, 2));
          for (const [k, { shape }] of features.entries()) {
            if (shape[1] === features[0]!.shape[1]) continue;
            const expected = `${features[0]!.shape[1]} features as domain "${domains[0]!.name}" has`;
            throw new DomainOutputError(domains[k]!.name, step, expected, `${shape[1]}`);
          }
          const penalty = penaltyOf(features);
          readout.penalty(penalty);
          const losses = outputs.map(({ loss }) => loss);
          const weights = domains.map(({ weight }) => weight);
          return tf.add(weighted(losses, weights), tf.mul(penalty, resolved.gamma));
        });
      },
    },
    resolved,
  );
}
