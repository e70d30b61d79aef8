/**
 * Gradient accumulation: a loss over a batch that is larger than memory, as the mean over parts that are not.
 *
 *     L = Σ_i (n_i / Σ_j n_j) L_i        ∇L = Σ_i (n_i / Σ_j n_j) ∇L_i
 *
 * The parts' forward-backwards follow one another, each frees what its forward has kept, and one running sum holds the
 * gradient. This is exact wherever the loss of a batch is the mean of its samples' losses; batch norm, which mixes the
 * samples of a forward, sees one part at a time.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { DomainForward, DomainOutput, JointLosses, JointMicroBatch, MicroBatch } from "../contract.js";
import { StepContextError } from "../errors.js";
import { type LossGradients, lossGradients } from "./loss-gradients.js";
import { WeightedSum } from "./weighted-sum.js";

/** One forward over a part of a batch, or over all of it. */
export interface Part {
  /** Gives the outputs of the part, as many as there are terms. */
  readonly forward: () => readonly DomainOutput[];
  /** n_i / Σ n_j of each term. */
  readonly shares: readonly number[];
}

/** Σ weight · value. */
export function weighted(values: readonly tf.Scalar[], weights: readonly number[]): tf.Scalar {
  const share = (value: tf.Scalar, weight: number) => (weight === 1 ? value : tf.mul<tf.Scalar>(value, weight));
  const terms = values.map((value, index) => share(value, weights[index]!));
  return terms.length === 1 ? terms[0]! : tf.addN(terms);
}

/**
 * The losses of a batch that comes in parts, and the gradient of an objective, by one forward-backward for each part.
 *
 * @param objective the weight of each loss in a sum of them, or, for a batch in one part, any function of its outputs
 */
export function partsGradients(
  variables: readonly tf.Variable[],
  parts: readonly Part[],
  objective: readonly number[] | ((outputs: readonly DomainOutput[]) => tf.Scalar),
): LossGradients {
  const pass = ({ forward, shares }: Part) =>
    lossGradients(variables, () => {
      const outputs = forward();
      const losses = outputs.map(({ loss }) => loss);
      if (typeof objective === "function") return { losses, objective: objective(outputs) };
      const weights = objective.map((weight, index) => weight * shares[index]!);
      return { losses, objective: weighted(losses, weights) };
    });
  if (parts.length === 1) return pass(parts[0]!);
  const sum = new WeightedSum();
  const connected = new Set<string>();
  let losses: tf.Tensor | undefined;
  for (const part of parts) {
    const found = pass(part);
    sum.add(1, found.gradients);
    for (const name of found.connected) connected.add(name);
    const former = losses;
    losses = tf.tidy(() => {
      const share = tf.mul(found.losses, tf.tensor1d([...part.shares]));
      return former === undefined ? share : tf.add(former, share);
    });
    tf.dispose(former === undefined ? found.losses : [found.losses, former]);
  }
  return { losses: losses!, gradients: sum.value, connected: [...connected] };
}

/** The micro-batches of a domain with their shares in its loss; a lone closure is one that has all of it. */
export function domainParts(
  loss: DomainForward | readonly MicroBatch[],
): readonly { loss: DomainForward; share: number }[] {
  if (typeof loss === "function") return [{ loss, share: 1 }];
  const total = loss.reduce((sum, { samples }) => sum + samples, 0);
  return loss.map(({ loss: part, samples }) => ({ loss: part, share: samples / total }));
}

/** The same for the joint losses; the shares are by domain. */
export function jointParts(
  joint: JointLosses | readonly JointMicroBatch[],
  domains: readonly string[],
): readonly { losses: JointLosses; shares: Readonly<Record<string, number>> }[] {
  const ofAll = (share: (domain: string) => number) =>
    Object.fromEntries(domains.map((domain) => [domain, share(domain)]));
  if (typeof joint === "function") return [{ losses: joint, shares: ofAll(() => 1) }];
  const totals = ofAll((domain) => joint.reduce((sum, { samples }) => sum + samples[domain]!, 0));
  return joint.map(({ losses, samples }) => ({
    losses,
    shares: ofAll((domain) => samples[domain]! / totals[domain]!),
  }));
}

function requireSamples(where: string, samples: unknown): void {
  if (Number.isSafeInteger(samples) && (samples as number) >= 1) return;
  throw new StepContextError(`${where}: samples must be an integer of 1 or more, got ${String(samples)}`);
}

/**
 * Checks the micro-batches of a domain.
 *
 * @throws StepContextError
 */
export function requireMicroBatches(domain: string, batches: readonly unknown[]): void {
  const where = `domainLosses: domain "${domain}"`;
  if (batches.length === 0) throw new StepContextError(`${where}: expected at least one micro-batch, got none`);
  for (const [index, batch] of batches.entries()) {
    const { loss, samples } = (batch ?? {}) as Partial<MicroBatch>;
    const part = `${where}, micro-batch ${index}`;
    if (typeof loss !== "function") throw new StepContextError(`${part}: loss must be a function, got ${typeof loss}`);
    requireSamples(part, samples);
  }
}

/**
 * Checks the joint losses of a step that needs them.
 *
 * @throws StepContextError
 */
export function requireJointLosses(joint: unknown, domains: readonly string[]): void {
  if (typeof joint === "function") return;
  if (!Array.isArray(joint)) {
    throw new StepContextError(`jointLosses: batchNormPass "mixed" needs it, got ${typeof joint}`);
  }
  if (joint.length === 0) throw new StepContextError("jointLosses: expected at least one micro-batch, got none");
  for (const [index, batch] of joint.entries()) {
    const { losses, samples } = (batch ?? {}) as Partial<JointMicroBatch>;
    const part = `jointLosses, micro-batch ${index}`;
    if (typeof losses !== "function") {
      throw new StepContextError(`${part}: losses must be a function, got ${typeof losses}`);
    }
    for (const domain of domains) requireSamples(`${part}, domain "${domain}"`, samples?.[domain]);
  }
}
