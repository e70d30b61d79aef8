export {
  binaryCrossEntropy,
  binaryLoss,
  type LabelledImages,
  LogitShapeError,
} from "./binary-loss.js";
export { describeEnvironment, type Environment, type EnvironmentOptions } from "./environment.js";
export { fakeScores } from "./fake-scores.js";
export { createRunDirectory, type RunDirectory, RunDirectoryError, runDirectory } from "./run-directory.js";
export {
  type CheckpointEntry,
  type EndEntry,
  type LogEntry,
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
export { type Reseed, seedStochasticLayers, UnseedableLayerError } from "./stochastic-layers.js";
