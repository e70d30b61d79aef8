/** The error of NumPy files. */
import { WeightsError } from "../weights-error.js";

/** A `.npy` or `.npz` file that breaks its format or holds what is no number, or arrays that no such file can hold. */
export class NumpyError extends WeightsError {
  /** The class' name. */
  override name = "NumpyError";
}
