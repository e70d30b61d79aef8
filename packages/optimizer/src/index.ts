export { type AdamOptions, adam } from "./adam.js";
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
export { type RogaOptions, roga } from "./roga.js";
export { withSeededRandom } from "./seeded-random.js";
export { type SgdOptions, sgd } from "./sgd.js";
