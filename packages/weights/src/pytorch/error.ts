/** The error of PyTorch files. */
import { WeightsError } from "../weights-error.js";

/** A PyTorch file that is broken, that holds what this package refuses, or arrays that no such file can hold. */
export class PyTorchError extends WeightsError {
  /** The class' name. */
  override name = "PyTorchError";
}

/** A pickle that goes on after the bytes at hand: at the end of a file it is an error, before that a reason to read on. */
export class CutShort extends PyTorchError {
  override name = "PyTorchError";
}
