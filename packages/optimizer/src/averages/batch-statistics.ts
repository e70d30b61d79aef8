/**
 * The running statistics of batch norm, made anew under the weights that the variables have, such as averaged ones.
 *
 * A forward in training mode moves every statistic s ← m s + (1 − m) x towards that of its batch, x. Begun at s = 0 it
 * leaves (1 − m) x, so x is known to rounding, and the statistics become the mean of x over batches, as those of
 * `torch.optim.swa_utils.update_bn`.
 */
import * as tf from "@tensorflow/tfjs-core";
import { OptionError, StepContextError } from "../errors.js";
import { within } from "../options.js";

/** A forward in training mode over one batch; what it returns is disposed. */
export type TrainingForward = () => tf.TensorContainer;

/** Options of {@link recomputeStatistics}. */
export interface RecomputeOptions {
  /** m of the normalization layers, in [0, 1); 0.99 by default, as in TensorFlow.js. */
  readonly momentum?: number;
}

/**
 * Makes batch-norm statistics anew as the mean of those of some batches, which count alike.
 *
 * @param buffers running means and variances, and nothing else; they change only once all batches are done
 * @param forwards one for each batch, such as a data loader yields; at least one
 * @returns how many batches there were
 * @throws OptionError for a momentum out of range; StepContextError without a batch; or what a forward throws. The
 *   statistics are as before then
 */
export async function recomputeStatistics(
  buffers: readonly tf.Variable[],
  forwards: Iterable<TrainingForward> | AsyncIterable<TrainingForward>,
  { momentum = 0.99 }: RecomputeOptions = {},
): Promise<number> {
  const expected = within(0, 1)(momentum);
  if (expected !== undefined) throw new OptionError("recomputeStatistics.momentum", expected, momentum);
  const before = buffers.map((buffer) => tf.keep(tf.clone(buffer)));
  let sums: tf.Tensor[] = [];
  let batches = 0;
  const assign = (values: readonly tf.Tensor[]) => {
    for (const [index, buffer] of buffers.entries()) buffer.assign(values[index]!);
  };
  try {
    for await (const forward of forwards) {
      const former = sums;
      sums = tf.tidy(() => {
        assign(buffers.map((buffer) => tf.zerosLike(buffer)));
        forward();
        return buffers.map((buffer, index) =>
          tf.keep(former[index] ? tf.add(former[index], buffer) : tf.clone(buffer)),
        );
      });
      assign(before);
      tf.dispose(former);
      batches += 1;
    }
    if (batches === 0) throw new StepContextError("recomputeStatistics: expected at least one batch, got none");
    tf.tidy(() => assign(sums.map((sum) => tf.div(sum, batches * (1 - momentum)))));
    return batches;
  } catch (error) {
    assign(before);
    throw error;
  } finally {
    tf.dispose([before, sums]);
  }
}
