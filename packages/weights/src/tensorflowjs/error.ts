/** The error of TensorFlow.js models. */
import { WeightsError } from "../weights-error.js";

/** A `model.json` or its weight files that break their format, hold what is no number, or point out of their folder. */
export class TensorFlowJsError extends WeightsError {
  /** The class' name. */
  override name = "TensorFlowJsError";
}
