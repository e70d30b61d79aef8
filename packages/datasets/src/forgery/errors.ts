/**
 * What can be wrong with a request for a forgery. Nothing is guessed: a missing donor or an image that no family is
 * designed for is an error that names the family and the option.
 */

/** A forgery that cannot be made as asked. The message opens with the option at fault. */
export class ForgeryError extends Error {
  /** The family that was asked for, or `fitLandmarks`. */
  readonly family: string;
  /** The option at fault, such as `donor` or `landmarks`. */
  readonly option: string;

  /**
   * @param family The family that was asked for, or `fitLandmarks`.
   * @param option The option at fault.
   * @param detail What was expected and what came.
   */
  constructor(family: string, option: string, detail: string) {
    super(`${family}: ${option}: ${detail}`);
    this.name = "ForgeryError";
    this.family = family;
    this.option = option;
  }
}
