/**
 * The scoring of an epoch's validation images: under the average of the weights where the run has one, under the present
 * weights otherwise. An average that goes by the validation loss is told that of the present weights first.
 */
import { join } from "node:path";
import type { NamedArrays } from "@roga/weights";
import * as tf from "@tensorflow/tfjs-core";
import type { Averaging } from "./averaging.js";
import { epochCheckpoint } from "./checkpoint-store.js";
import { type Evaluation, evaluate } from "./evaluate.js";
import { meanLoss } from "./summarize.js";
import type { TrainOptions } from "./train-options.js";
import { copyWeights } from "./training-tensors.js";
import type { ValidationResult } from "./validation.js";

/** The scores of an epoch, and what they are of. */
export interface ScoredEpoch {
  /** The scores. */
  readonly evaluation: Evaluation;
  /** The average, if one was scored, and the loss of the present weights, as far as it was asked for. */
  readonly of: Pick<ValidationResult, "average" | "presentLoss">;
  /** The weights that were scored, where they are averages. */
  readonly averages: NamedArrays | null;
}

/**
 * Scores an epoch's validation images, into its table of the run directory.
 *
 * @param epoch - The epoch, from 1.
 * @throws NonFiniteScoreError, and the signal's reason; the average then stands where it stood before
 */
export async function scoreEpoch(
  options: TrainOptions,
  averaging: Averaging | null,
  epoch: number,
): Promise<ScoredEpoch> {
  const path = join(options.runDirectory.scores, `validation-${epochCheckpoint(epoch)}.csv`);
  const present = async () => ({ evaluation: await score(options, { path }), of: {}, averages: null });
  if (averaging === null) return present();
  const before = averaging.state();
  try {
    const loss = averaging.takesLosses ? await presentLoss(options) : null;
    if (loss !== null) averaging.validate(loss);
    const averaged = await averaging.during(epoch - 1, async () => ({
      evaluation: await score(options, { path }),
      of: { average: averaging.name, ...(loss !== null && { presentLoss: loss }) },
      averages: await copyWeights(options.model),
    }));
    return averaged ?? (await present());
  } catch (error) {
    averaging.restore(before);
    throw error;
  } finally {
    tf.dispose(before);
  }
}

/** The validation loss of the present weights; `null` if no image could be read. */
export async function presentLoss(options: TrainOptions): Promise<number | null> {
  const evaluation = await score(options, {});
  return meanLoss(evaluation, evaluation.losses, options.plan.domains);
}

function score(options: TrainOptions, path: { readonly path?: string }): Promise<Evaluation> {
  const { model, loader, validation, signal, callbacks } = options;
  const onProgress = callbacks?.onValidationProgress?.bind(callbacks);
  return evaluate({ model, loader, signal, ...validation, ...path, ...(onProgress && { onProgress }) });
}
