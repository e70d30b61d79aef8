/**
 * What a training run tells while it goes on. The trainer prints nothing: progress bars and logs beyond the run log
 * hang on these callbacks. They are called synchronously between steps; what they throw stops the run.
 */
import type { StepRecord } from "@roga/optimizer";
import type { EvaluationProgress } from "./evaluate.js";
import type { Speed } from "./throughput.js";
import type { BestEpoch, ValidationResult } from "./validation.js";

/** The run is about to take its first step in this process. */
export interface StartProgress {
  /** Steps already done: 0 for a new run. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Epochs of the whole run. */
  readonly epochs: number;
  /** The checkpoint that the run goes on from, as a path; `null` for a start from step 0. */
  readonly checkpoint: string | null;
}

/** One step was taken. */
export interface StepProgress extends Speed {
  /** The step, from 1, counted over the whole run. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** The epoch that the step belongs to, from 1. */
  readonly epoch: number;
  /** Epochs of the whole run. */
  readonly epochs: number;
  /** Learning rate of the step. */
  readonly learningRate: number;
  /** Time to the end of the run at the pace of late, in seconds, validations included once one was measured. */
  readonly secondsLeft: number;
  /** What the algorithm recorded. */
  readonly record: StepRecord;
}

/** An epoch was validated. */
export interface ValidationProgress {
  /** How it did. */
  readonly result: ValidationResult;
  /** The best epoch so far, this one included; `null` if no epoch has an AUC. */
  readonly best: BestEpoch | null;
  /** The rule that selected it. */
  readonly selection: string;
}

/** A checkpoint was written. */
export interface CheckpointProgress {
  /** Its folder, as an absolute path. */
  readonly path: string;
  /** Steps taken so far. */
  readonly step: number;
  /** Epochs done and validated so far. */
  readonly epochs: number;
}

/** Functions to call as a run goes on; all are optional. */
export interface TrainingCallbacks {
  /** Before the first step. */
  onStart?(progress: StartProgress): void;
  /** After each step. */
  onStep?(progress: StepProgress): void;
  /** After each batch of a validation. */
  onValidationProgress?(progress: EvaluationProgress): void;
  /** After each validation. */
  onValidation?(progress: ValidationProgress): void;
  /** After each checkpoint. */
  onCheckpoint?(progress: CheckpointProgress): void;
}
