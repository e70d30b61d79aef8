/**
 * The training loss of a real/fake detector: sigmoid cross-entropy on one logit, or softmax
 * cross-entropy on two, averaged over the batch. Both are the same function of the margin
 * (the logit itself, or fake minus real), so one formula serves, written with softplus so that
 * neither value nor gradient overflows, cancels or breaks at a logit of exactly zero.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

/** What the loss needs of a batch; the datasets' `DomainBatch` is one. */
export interface LabelledImages {
  /** Images, NHWC float32, in the range the model expects. */
  readonly images: tf.Tensor4D;
  /** Labels of shape [batch]: 1 = fake, 0 = real. */
  readonly labels: tf.Tensor1D;
}

/** The model's output is neither one nor two logits an image. */
export class LogitShapeError extends Error {
  /** The class's name. */
  override readonly name = "LogitShapeError";
  /** The shape that came. */
  readonly shape: readonly number[];

  /** @param shape - The shape that came. */
  constructor(shape: readonly number[]) {
    super(`model output: expected logits of shape [batch, 1] or [batch, 2], got [${shape.join(", ")}]`);
    this.shape = shape;
  }
}

/**
 * How many logits each image has.
 *
 * @throws {@link LogitShapeError} unless the shape is [batch, 1] or [batch, 2].
 */
export function logitCount(logits: tf.Tensor): 1 | 2 {
  const width = logits.shape[1];
  if (logits.rank !== 2 || (width !== 1 && width !== 2)) throw new LogitShapeError(logits.shape);
  return width;
}

/** The log-odds of "fake", shape [batch]: the one logit, or the fake logit minus the real one. */
function fakeMargin(logits: tf.Tensor): tf.Tensor1D {
  if (logitCount(logits) === 1) return tf.reshape(logits, [-1]);
  const fake = tf.slice(logits, [0, 1], [-1, 1]);
  const real = tf.slice(logits, [0, 0], [-1, 1]);
  return tf.reshape<tf.Rank.R1>(tf.sub(fake, real), [-1]);
}

/**
 * Mean binary cross-entropy of logits against labels: `y·softplus(−m) + (1−y)·softplus(m)` for the
 * margin m, which has the gradient `sigmoid(m) − y`.
 *
 * @param logits - Shape [batch, 1] or [batch, 2] (columns real, fake).
 * @param labels - Shape [batch], each in [0, 1]; 1 = fake.
 * @returns The loss in nats, a scalar; the caller disposes it.
 * @throws {@link LogitShapeError}
 */
export function binaryCrossEntropy(logits: tf.Tensor, labels: tf.Tensor1D): tf.Scalar {
  return tf.tidy(() => {
    const margin = fakeMargin(logits);
    const y = tf.cast(labels, "float32");
    const onFake = tf.mul(y, tf.softplus(tf.neg(margin)));
    const onReal = tf.mul(tf.sub(1, y), tf.softplus(margin));
    return tf.mean<tf.Scalar>(tf.add(onFake, onReal));
  });
}

/**
 * The loss of a model on one batch, with its layers in training mode (batch statistics, dropout).
 *
 * @param model - Takes NHWC images, gives one or two logits an image.
 * @param batch - Images and labels.
 * @returns The mean loss in nats, a scalar; the caller disposes it.
 * @throws {@link LogitShapeError}
 */
export function binaryLoss(model: LayersModel, batch: LabelledImages): tf.Scalar {
  return tf.tidy(() => binaryCrossEntropy(logitsOf(model, batch.images, true), batch.labels));
}

/**
 * One forward pass of a model with a single output.
 *
 * @param model - Takes NHWC images.
 * @param images - NHWC float32.
 * @param training - Whether batch normalisation uses (and moves) its statistics and dropout drops.
 * @returns The output as it is; the caller disposes it.
 * @throws {@link LogitShapeError} if the model has several outputs.
 */
export function logitsOf(model: LayersModel, images: tf.Tensor4D, training: boolean): tf.Tensor {
  const output = model.apply(images, { training });
  if (!(output instanceof tf.Tensor)) throw new LogitShapeError([]);
  return output;
}
