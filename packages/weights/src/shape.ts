/** Shapes: what a list must be to be one, and how many elements it has. */
import { show, WeightsError, type WeightsErrorClass } from "./weights-error.js";

/**
 * The number of elements of a shape.
 * @param name The tensor, for the error.
 * @param Failure The class of the error. Default: `WeightsError`.
 * @throws WeightsError if a dimension is not a whole number of 0 or more, or the product exceeds 2^53.
 */
export function elementCount(
  name: string,
  shape: readonly unknown[],
  Failure: WeightsErrorClass = WeightsError,
): number {
  let count = 1n;
  for (const dimension of shape) {
    if (!(typeof dimension === "number" && Number.isSafeInteger(dimension) && dimension >= 0)) {
      throw new Failure(name, `shape: expected whole numbers of 0 or more, got ${show(shape)}`);
    }
    count *= BigInt(dimension);
    if (count > Number.MAX_SAFE_INTEGER) throw new Failure(name, `shape ${show(shape)} is too large`);
  }
  return Number(count);
}
