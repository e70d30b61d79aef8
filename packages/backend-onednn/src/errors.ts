/** The errors of this package; every one is an {@link OnednnError}. */

/** Any failure to load or configure the engine. */
export class OnednnError extends Error {
  /** The class' name. */
  override name = "OnednnError";
}

/** The native addon cannot be used here: the first line of the message says why, the rest what to do about it. */
export class AddonError extends OnednnError {
  /** The class' name. */
  override name = "AddonError";

  /**
   * @param reason what stands in the way, in one line
   * @param attempts what was tried, and what came of it
   * @param remedy what to do about it
   */
  constructor(
    readonly reason: string,
    readonly attempts: readonly string[],
    readonly remedy: string,
  ) {
    super([reason, ...attempts.map((attempt) => `  tried: ${attempt}`), remedy].join("\n"));
  }
}

/** A setting has a value that it does not take, or comes too late. */
export class SettingError extends OnednnError {
  /** The class' name. */
  override name = "SettingError";
}
