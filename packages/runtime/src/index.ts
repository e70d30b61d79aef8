/**
 * Picks the compute engine under TensorFlow.js, configures it, and says what it picked and why. The only package that
 * knows engines; everything else computes on whichever is current.
 */
export type { Engine, EngineName, EngineOptions, EngineReport } from "./engine.js";
export { engineNames } from "./engine.js";
export { EngineError, EngineOptionError, EngineUnavailableError, UnknownEngineError } from "./errors.js";
export { listEngines, use } from "./use.js";
