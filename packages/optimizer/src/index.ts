export { type AdamOptions, adam } from "./adam.js";
export { type AdamWOptions, adamw } from "./adamw.js";
export type { AnnealingOptions } from "./annealing.js";
export { type AsamOptions, asam } from "./asam.js";
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
export { type CoralOptions, coral } from "./coral.js";
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
export { type FishOptions, fish } from "./fish.js";
export { type FishrOptions, fishr } from "./fishr.js";
export { fromTfjs } from "./from-tfjs.js";
export { type GacFasReleaseOptions, gacFasRelease } from "./gac-fas-release.js";
export { type GroupDroOptions, groupDro } from "./group-dro.js";
export { type IrmOptions, irm } from "./irm.js";
export { type MldgOptions, mldg } from "./mldg.js";
export { noDecay, type ParameterGroup, type VariableMatch } from "./parameter-groups.js";
export { type RogaOptions, roga } from "./roga.js";
export { type SagmOptions, sagm } from "./sagm.js";
export { type SamOptions, sam } from "./sam.js";
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
export { type VrexOptions, vrex } from "./vrex.js";
export type { WeightAverage } from "./weight-average.js";
