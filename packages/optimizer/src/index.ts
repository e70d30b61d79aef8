export { type AdamOptions, adam } from "./adam.js";
export { type AdamWOptions, adamw } from "./adamw.js";
export { type RecomputeOptions, recomputeStatistics, type TrainingForward } from "./batch-statistics.js";
export type { ClipOptions } from "./clipping.js";
export type { CommonOptions } from "./common-options.js";
export type {
  Algorithm,
  BaseOptimizer,
  DomainForward,
  DomainLoss,
  DomainOutput,
  JointLosses,
  JointMicroBatch,
  JointPass,
  LossPass,
  MicroBatch,
  Reduce,
  StepContext,
  StepDiagnostics,
  StepRecord,
} from "./contract.js";
export type { DiagnosticsOptions } from "./diagnostics.js";
export { type EmaOptions, ema } from "./ema.js";
export { type ErmOptions, erm } from "./erm.js";
export {
  DisconnectedVariableError,
  DomainOutputError,
  LossShapeError,
  type NonFiniteDetails,
  NonFiniteError,
  OptimizerError,
  OptionError,
  StateError,
  StepContextError,
  VariableSetError,
} from "./errors.js";
export { fromTfjs } from "./from-tfjs.js";
export { noDecay, type ParameterGroup, type VariableMatch } from "./parameter-groups.js";
export { type RogaOptions, roga } from "./roga.js";
export {
  type CosineOptions,
  constant,
  cosine,
  type Schedule,
  type ScheduleProgress,
  type StepDecayOptions,
  stepDecay,
  type WarmupOptions,
  warmup,
} from "./schedules.js";
export { withSeededRandom } from "./seeded-random.js";
export { type SgdOptions, sgd } from "./sgd.js";
export { type SwaOptions, swa } from "./swa.js";
export { type Swad, type SwadOptions, swad } from "./swad.js";
export type { WeightAverage } from "./weight-average.js";
