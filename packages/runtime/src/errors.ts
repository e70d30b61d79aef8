/** The errors of this package; every one is an {@link EngineError}. */
import { type EngineName, engineNames } from "./engine.js";

/** Any failure to pick or configure an engine. */
export class EngineError extends Error {
  /** The class' name. */
  override name = "EngineError";
}

/** The name is not one of {@link engineNames}, nor "auto". */
export class UnknownEngineError extends EngineError {
  /** The class' name. */
  override name = "UnknownEngineError";

  /** @param engine the name that was given */
  constructor(readonly engine: string) {
    super(`engine: expected "auto" or one of ${engineNames.join(", ")}, got "${engine}"`);
  }
}

/** The engine exists but cannot be used here. */
export class EngineUnavailableError extends EngineError {
  /** The class' name. */
  override name = "EngineUnavailableError";

  /**
   * @param engine the engine that was asked for
   * @param reason what stands in the way
   * @param remedy what to do about it
   */
  constructor(
    readonly engine: EngineName,
    readonly reason: string,
    readonly remedy: string,
  ) {
    super(`engine: "${engine}" cannot be used: ${reason}. ${remedy}`);
  }
}

/** An option has a value that it does not take, or that the engine does not have. */
export class EngineOptionError extends EngineError {
  /** The class' name. */
  override name = "EngineOptionError";
}
