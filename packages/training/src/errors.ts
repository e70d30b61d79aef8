/** What stops a training run, beyond what its parts throw. */

/** An option of a training run that cannot be used. */
export class TrainOptionsError extends Error {
  /** The class's name. */
  override readonly name = "TrainOptionsError";
  /** The option at fault. */
  readonly option: string;

  /**
   * @param option - The option at fault.
   * @param detail - What was expected and what came.
   */
  constructor(option: string, detail: string) {
    super(`${option}: ${detail}`);
    this.option = option;
  }
}

/** A loss, gradient or weight that is not finite. The run stopped; its checkpoints are as they were. */
export class TrainingDivergedError extends Error {
  /** The class's name. */
  override readonly name = "TrainingDivergedError";
  /** The step that failed, from 1, counted over the whole run. */
  readonly step: number;
  /** The epoch that the step belongs to, from 1. */
  readonly epoch: number;
  /** The samples of the batch at fault; of all the step's batches if it is no single domain's. */
  readonly sampleIds: readonly string[];
  /** Folder of the last good checkpoint; `null` if none was written before. */
  readonly lastCheckpoint: string | null;

  /**
   * @param detail - What was not finite.
   * @param where - Step, epoch, samples and the last good checkpoint.
   */
  constructor(
    detail: string,
    where: Pick<TrainingDivergedError, "step" | "epoch" | "sampleIds" | "lastCheckpoint">,
    options?: ErrorOptions,
  ) {
    const { step, epoch, sampleIds, lastCheckpoint } = where;
    super(
      `training diverged at step ${step} (epoch ${epoch}): ${detail}; samples ${sampleIds.join(", ")}; ` +
        `last good checkpoint: ${lastCheckpoint ?? "none"}`,
      options,
    );
    this.step = step;
    this.epoch = epoch;
    this.sampleIds = sampleIds;
    this.lastCheckpoint = lastCheckpoint;
  }
}

/** A run cannot go on from a checkpoint that another run wrote. */
export class ResumeMismatchError extends Error {
  /** The class's name. */
  override readonly name = "ResumeMismatchError";
  /** What differs, one line each. */
  readonly differences: readonly string[];

  /**
   * @param checkpoint - The checkpoint's folder.
   * @param differences - What differs, one line each.
   */
  constructor(checkpoint: string, differences: readonly string[]) {
    super(`resume from ${checkpoint}: expected the run that wrote it, but ${differences.join("; ")}`);
    this.differences = differences;
  }
}
