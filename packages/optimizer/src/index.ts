export type { AnnealingOptions } from "./algorithms/annealing.js";
export { type AsamOptions, asam } from "./algorithms/asam.js";
export { type CoralOptions, coral } from "./algorithms/coral.js";
export { type ErmOptions, erm } from "./algorithms/erm.js";
export { type FishOptions, fish } from "./algorithms/fish.js";
export { type FishrOptions, fishr } from "./algorithms/fishr.js";
export { type GacFasReleaseOptions, gacFasRelease } from "./algorithms/gac-fas-release.js";
export { type GroupDroOptions, groupDro } from "./algorithms/group-dro.js";
export { type IrmOptions, irm } from "./algorithms/irm.js";
export { type MldgOptions, mldg } from "./algorithms/mldg.js";
export { type RogaOptions, roga } from "./algorithms/roga.js";
export { type SagmOptions, sagm } from "./algorithms/sagm.js";
export { type SamOptions, sam } from "./algorithms/sam.js";
export { type VrexOptions, vrex } from "./algorithms/vrex.js";
export { type RecomputeOptions, recomputeStatistics, type TrainingForward } from "./averages/batch-statistics.js";
export { type EmaOptions, ema } from "./averages/ema.js";
export { type SwaOptions, swa } from "./averages/swa.js";
export { type Swad, type SwadOptions, swad } from "./averages/swad.js";
export type { WeightAverage } from "./averages/weight-average.js";
export { type AdamOptions, adam } from "./base-optimizers/adam.js";
export { type AdamWOptions, adamw } from "./base-optimizers/adamw.js";
export { fromTfjs } from "./base-optimizers/from-tfjs.js";
export { noDecay, type ParameterGroup, type VariableMatch } from "./base-optimizers/parameter-groups.js";
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
} from "./base-optimizers/schedules.js";
export { type SgdOptions, sgd } from "./base-optimizers/sgd.js";
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
export type { ClipOptions } from "./step/clipping.js";
export type { CommonOptions } from "./step/common-options.js";
export type { DiagnosticsOptions } from "./step/diagnostics.js";
export { withSeededRandom } from "./step/seeded-random.js";
