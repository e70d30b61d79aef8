/**
 * Trains a model: checks what it was given, takes up the last checkpoint if asked to, and runs the loop.
 */

import { basename, join } from "node:path";
import { Averaging } from "./averaging.js";
import { type Checkpoint, type RunIdentity, type RunState, readCheckpoint } from "./checkpoint.js";
import { listCheckpoints } from "./checkpoint-store.js";
import { ResumeMismatchError, TrainOptionsError } from "./errors.js";
import { removeUnfinished } from "./files.js";
import { trainableVariables } from "./model-weights.js";
import { RunLog } from "./run-log.js";
import type { TrainOptions, TrainResult } from "./train-options.js";
import { type RunStart, TrainingRun } from "./training-run.js";
import { restoreTensors } from "./training-tensors.js";
import { checkValidationSet, SELECTION, SELECTIONS } from "./validation.js";

const NEW_RUN: Omit<RunState, "selection"> = {
  epochs: 0,
  step: 0,
  best: null,
  validations: [],
  seconds: 0,
  images: 0,
  forwardBackwards: 0,
};

/**
 * Trains a model in place: `epochs` times over the plan, validating after each epoch.
 *
 * The model is left with the weights of the last step, not of the best epoch: load those from the result's
 * `best.checkpoint`, which are the averages where the run has some. Resuming gives, bit for bit, the weights of a run that was never interrupted, provided that model,
 * plan, loader, algorithm, average and engine are made as they were.
 *
 * @returns How the run ended; `interrupted` if the signal stopped it.
 * @throws {@link TrainOptionsError} and {@link ValidationSetError} before the first step;
 *   {@link ResumeMismatchError}, {@link WeightMismatchError} and {@link CheckpointError} if the checkpoint does not fit;
 *   {@link TrainingDivergedError} on a loss, gradient or weight that is not finite, with the last good checkpoint kept;
 *   and what the loader throws on a batch that it cannot read.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  checkTrainOptions(options);
  checkValidationSet(options.validation.samples, options.plan);
  const averaging = options.average === undefined ? null : new Averaging(options, options.average);
  const start = await startOf(options, averaging);
  const log = RunLog.open(options.runDirectory.log);
  try {
    const { step, epochs } = start.state;
    const steps = options.epochs * options.plan.stepsPerEpoch;
    const checkpoint = start.checkpoint && basename(start.checkpoint);
    const { average } = start.identity;
    const averaged = average === undefined ? {} : { average };
    log.write({ kind: "start", step, epochs, checkpoint, steps, ...averaged, tornBytes: log.tornBytes });
    options.callbacks?.onStart?.({ step, steps, epochs: options.epochs, checkpoint: start.checkpoint });
    return await new TrainingRun(options, averaging, start, log).run();
  } finally {
    log.close();
  }
}

async function startOf(options: TrainOptions, averaging: Averaging | null): Promise<RunStart> {
  const { model, algorithm, baseOptimizer, runDirectory, selection = SELECTION } = options;
  const newRun = { ...NEW_RUN, selection };
  const identity = identityOf(options, averaging);
  const last = (await listCheckpoints(runDirectory.checkpoints)).at(-1);
  if (!options.resume) {
    if (last === undefined) return { identity, state: newRun, checkpoint: null };
    const detail = `expected a run without checkpoints, or resume: true; got ${last} in ${runDirectory.checkpoints}`;
    throw new TrainOptionsError("runDirectory", detail);
  }
  await removeUnfinished(runDirectory.checkpoints);
  await removeUnfinished(runDirectory.scores);
  if (last === undefined) return { identity, state: newRun, checkpoint: null };
  const checkpoint = await readCheckpoint(join(runDirectory.checkpoints, last));
  requireSameRun(checkpoint, identity, selection);
  restoreTensors(model, algorithm, baseOptimizer, averaging, checkpoint);
  return { identity, state: checkpoint.state, checkpoint: checkpoint.path };
}

function identityOf(options: TrainOptions, averaging: Averaging | null): RunIdentity {
  const { model, algorithm, baseOptimizer, plan, seed } = options;
  return {
    seed,
    algorithm: algorithm.name,
    baseOptimizer: baseOptimizer.name,
    ...(averaging !== null && { average: averaging.name }),
    trainable: trainableVariables(model).names,
    domains: plan.domains,
    stepsPerEpoch: plan.stepsPerEpoch,
  };
}

function requireSameRun({ path, run, state }: Checkpoint, identity: RunIdentity, selection: string): void {
  const then: Record<string, unknown> = { ...run, selection: state.selection };
  const present: Record<string, unknown> = { ...identity, selection };
  const differences = Object.keys({ ...then, ...present }).flatMap((name) => {
    const before = JSON.stringify(then[name]) ?? "none";
    const now = JSON.stringify(present[name]) ?? "none";
    return before === now ? [] : [`${name} was ${before}, got ${now}`];
  });
  if (differences.length > 0) throw new ResumeMismatchError(path, differences);
}

/** @throws {@link TrainOptionsError} for a number out of its range. */
function checkTrainOptions({ epochs, checkpointEvery, keepLast, microBatch, seed, selection }: TrainOptions): void {
  for (const [option, value] of Object.entries({ epochs, checkpointEvery, keepLast, microBatch })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1)) {
      throw new TrainOptionsError(option, `expected a whole number of at least 1, got ${value}`);
    }
  }
  if (selection !== undefined && !SELECTIONS.includes(selection)) {
    throw new TrainOptionsError("selection", `expected one of ${SELECTIONS.join(", ")}, got ${selection}`);
  }
  if (!Number.isSafeInteger(seed)) throw new TrainOptionsError("seed", `expected a whole number, got ${seed}`);
}
