/** The error of the face renderer. */

/** A face was requested with a value that has no meaning; nothing is rendered. */
export class FaceRenderError extends RangeError {
  /** The class's name. */
  override readonly name = "FaceRenderError";
  /** The option at fault, such as `size`. */
  readonly option: string;

  /**
   * @param option the option at fault
   * @param expected what it should have been
   * @param came what it was
   */
  constructor(option: string, expected: string, came: unknown) {
    super(`renderFace: ${option}: ${expected}, got ${typeof came === "string" ? JSON.stringify(came) : String(came)}`);
    this.option = option;
  }
}
