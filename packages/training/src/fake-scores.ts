/**
 * From logits to the scores and losses that tables and metrics hold. Done in double precision on the CPU:
 * a float32 sigmoid rounds every margin above 17 to 1 and would make ties that the model did not make.
 */
import { sigmoid } from "@roga/metrics";
import type * as tf from "@tensorflow/tfjs-core";
import { logitCount } from "./binary-loss.js";

/**
 * The log-odds of fake of each image: its one logit, or the fake one of two minus the real one. Logits that are not
 * finite give NaN.
 *
 * @throws {@link LogitShapeError}
 */
export async function fakeMargins(logits: tf.Tensor): Promise<Float64Array> {
  const count = logitCount(logits);
  const values = await logits.data();
  return Float64Array.from({ length: values.length / count }, (_, image) => {
    const margin = count === 1 ? values[image]! : values[2 * image + 1]! - values[2 * image]!;
    return Number.isFinite(margin) ? margin : Number.NaN;
  });
}

/** The cross-entropy of one image in nats, softplus(−m) for a fake and softplus(m) for a real, at any margin m. */
export function marginLoss(margin: number, label: 0 | 1): number {
  const wrong = label === 1 ? -margin : margin;
  return Math.max(wrong, 0) + Math.log1p(Math.exp(-Math.abs(wrong)));
}

/**
 * P(fake) of each image: the sigmoid of its one logit, or the softmax of its two.
 *
 * @param logits - Shape [batch, 1], or [batch, 2] with columns real, fake; not disposed.
 * @returns One number in [0, 1] an image. Logits that are not finite give NaN, for the caller to refuse.
 * @throws {@link LogitShapeError}
 */
export async function fakeScores(logits: tf.Tensor): Promise<Float64Array> {
  return (await fakeMargins(logits)).map(sigmoid);
}
