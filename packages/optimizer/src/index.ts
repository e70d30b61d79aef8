export type {
  Algorithm,
  BaseOptimizer,
  DomainLoss,
  JointLosses,
  JointPass,
  LossPass,
  Reduce,
  StepContext,
  StepRecord,
} from "./contract.js";
export {
  DisconnectedVariableError,
  LossShapeError,
  type NonFiniteDetails,
  NonFiniteError,
  OptimizerError,
  OptionError,
  StateError,
  StepContextError,
  VariableSetError,
} from "./errors.js";
