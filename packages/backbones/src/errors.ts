/** The errors of this package; every one is a {@link BackboneError}. */
import type { WeightReport } from "./weights/report.js";

/** Any failure to build a backbone or to convert its weights. */
export class BackboneError extends Error {
  /** The class' name. */
  override name = "BackboneError";
}

/** There is no architecture of that name. */
export class UnknownBackboneError extends BackboneError {
  /** The class' name. */
  override name = "UnknownBackboneError";
}

/** A build option is outside what the architecture takes; the message names both. */
export class BackboneOptionError extends BackboneError {
  /** The class' name. */
  override name = "BackboneOptionError";
}

/** Weights from elsewhere are not those of the network; the message lists differences, up to eight of a kind. */
export class WeightConversionError extends BackboneError {
  /** The class' name. */
  override name = "WeightConversionError";

  /**
   * @param message what is wrong
   * @param report every difference, where arrays were compared with a network
   */
  constructor(
    message: string,
    readonly report?: WeightReport,
  ) {
    super(message);
  }
}
