/**
 * Training and evaluation of real/fake detectors: the loop over an algorithm of `@roga/optimizer`, checkpoints that
 * resume bit for bit, run logs, score tables on disk and the figures computed from them.
 *
 * @packageDocumentation
 */
export type { SampleLoader, SliceLoader, StepPlan } from "./batches.js";
export { binaryCrossEntropy, binaryLoss, type LabelledImages, LogitShapeError } from "./binary-loss.js";
export {
  type Checkpoint,
  CheckpointError,
  checkpointAverage,
  checkpointWeights,
  type RunIdentity,
  type RunState,
  readCheckpoint,
} from "./checkpoint.js";
export { type CheckpointRole, listCheckpoints, resolveCheckpoint } from "./checkpoint-store.js";
export { describeEnvironment, type Environment, type EnvironmentOptions } from "./environment.js";
export { ResumeMismatchError, TrainingDivergedError, TrainOptionsError } from "./errors.js";
export {
  type EvaluateOptions,
  type Evaluation,
  EvaluationError,
  type EvaluationProgress,
  evaluate,
  NonFiniteScoreError,
} from "./evaluate.js";
export { fakeScores } from "./fake-scores.js";
export {
  DuplicateWeightNameError,
  type LoadWeightsOptions,
  loadWeights,
  type ReshapedWeight,
  WeightMismatchError,
  type WeightReport,
} from "./model-weights.js";
export type {
  CheckpointProgress,
  StartProgress,
  StepProgress,
  TrainingCallbacks,
  ValidationProgress,
} from "./progress.js";
export { createRunDirectory, type RunDirectory, RunDirectoryError, runDirectory } from "./run-directory.js";
export {
  type CheckpointEntry,
  type EndEntry,
  type LogEntry,
  type LossEntry,
  RunLog,
  type RunLogContents,
  RunLogError,
  readLog,
  type StartEntry,
  type StepEntry,
  type TimedLogEntry,
  type ValidationEntry,
} from "./run-log.js";
export { readScoreTable, SCORE_COLUMNS, type ScoreRow, type ScoreTable, ScoreTableError } from "./score-table.js";
export {
  type DomainSummary,
  type MacroSummary,
  type SummarizeOptions,
  type Summary,
  SummaryError,
  type SummaryMetric,
  summarize,
} from "./summarize.js";
export type { Speed, StepCost } from "./throughput.js";
export { train } from "./train.js";
export type { AveragingOptions, TrainOptions, TrainResult } from "./train-options.js";
export {
  type BestEpoch,
  SELECTION,
  SELECTIONS,
  type Selection,
  type ValidationOptions,
  type ValidationResult,
  ValidationSetError,
} from "./validation.js";
