/** The error of Keras files. */
import { WeightsError } from "../weights-error.js";

/** A `.h5` or `.keras` file that breaks its format, or holds what is no array of numbers. */
export class KerasError extends WeightsError {
  /** The class' name. */
  override name = "KerasError";
}
