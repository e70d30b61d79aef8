/** The error of safetensors files. */
import { WeightsError } from "../weights-error.js";

/** A safetensors file that breaks the format, or arrays that no such file can hold. */
export class SafetensorsError extends WeightsError {
  /** The class' name. */
  override name = "SafetensorsError";
}
