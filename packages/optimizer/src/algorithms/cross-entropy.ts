/**
 * The derivative of a cross-entropy with respect to its logits, in closed form, for penalties on gradients: TensorFlow.js
 * differentiates a gradient again only where every operation's gradient is built of differentiable ones, and a closed form
 * costs nothing.
 *
 *     one logit:    ∂ℓ/∂z   = σ(z) − y                 ℓ the sigmoid cross-entropy, y in [0, 1]
 *     several:      ∂ℓ/∂z_c = softmax(z)_c − [c = y]   ℓ the softmax cross-entropy, y a class
 */
import * as tf from "@tensorflow/tfjs-core";
import type { DomainOutput } from "../contract.js";
import { DomainOutputError } from "../errors.js";

/** Logits and residuals of one domain's batch, both of shape [n, classes], or [n, 1] for a sigmoid. */
export interface Residuals {
  /** z. */
  readonly logits: tf.Tensor2D;
  /** ∂ℓ_i/∂z_i of each sample's own loss. */
  readonly residuals: tf.Tensor2D;
}

/** A part as an error says it. */
export function described(part: tf.Tensor | undefined): string {
  return part === undefined ? "none" : `a ${part.dtype} tensor of shape [${part.shape}]`;
}

/**
 * The derivative of every sample's cross-entropy; it carries a gradient to the logits.
 *
 * @throws DomainOutputError unless the output has logits [n], [n, 1] or [n, classes] and labels [n]
 */
export function crossEntropyResiduals(output: DomainOutput, domain: string, step: number): Residuals {
  const { logits, labels } = output;
  const refuse = (expected: string, part: tf.Tensor | undefined): never => {
    throw new DomainOutputError(domain, step, expected, described(part));
  };
  if (logits === undefined || logits.dtype !== "float32" || (logits.rank !== 1 && logits.rank !== 2)) {
    return refuse("float32 logits of shape [n], [n, 1] or [n, classes]", logits);
  }
  const [n, classes = 1] = logits.shape as [number, number?];
  if (n === 0 || classes === 0) return refuse("at least one logit", logits);
  if (labels === undefined || labels.rank !== 1 || labels.shape[0] !== n)
    return refuse(`labels of shape [${n}]`, labels);
  const z = tf.reshape(logits, [n, classes]) as tf.Tensor2D;
  if (classes === 1) {
    const y = tf.reshape(tf.cast(labels, "float32"), [n, 1]);
    return { logits: z, residuals: tf.sub(tf.sigmoid(z), y) };
  }
  const y = tf.cast(tf.oneHot(tf.cast(labels, "int32") as tf.Tensor1D, classes), "float32");
  return { logits: z, residuals: tf.sub(tf.softmax(z), y) };
}

/**
 * The features of an output.
 *
 * @throws DomainOutputError unless they are float32 of shape [n, features] with at least so many samples
 */
export function featuresOf({ features }: DomainOutput, domain: string, step: number, samples: number): tf.Tensor2D {
  if (features === undefined || features.dtype !== "float32" || features.rank !== 2 || features.shape[0]! < samples) {
    const expected = `float32 features of shape [n, features]${samples > 1 ? ` with n >= ${samples}` : ""}`;
    throw new DomainOutputError(domain, step, expected, described(features));
  }
  return features as tf.Tensor2D;
}
