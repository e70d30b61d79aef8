/**
 * From logits to the scores that tables and metrics hold. Done in double precision on the CPU:
 * a float32 sigmoid rounds every margin above 17 to 1 and would make ties that the model did not make.
 */
import { sigmoid } from "@roga/metrics";
import type * as tf from "@tensorflow/tfjs-core";
import { logitCount } from "./binary-loss.js";

/**
 * P(fake) of each image: the sigmoid of its one logit, or the softmax of its two.
 *
 * @param logits - Shape [batch, 1], or [batch, 2] with columns real, fake; not disposed.
 * @returns One number in [0, 1] an image. Logits that are not finite give NaN, for the caller to refuse.
 * @throws {@link LogitShapeError}
 */
export async function fakeScores(logits: tf.Tensor): Promise<Float64Array> {
  const count = logitCount(logits);
  const values = await logits.data();
  return Float64Array.from({ length: values.length / count }, (_, image) => {
    const margin = count === 1 ? values[image]! : values[2 * image + 1]! - values[2 * image]!;
    return Number.isFinite(margin) ? sigmoid(margin) : Number.NaN;
  });
}
