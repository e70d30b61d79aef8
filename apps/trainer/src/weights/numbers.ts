/** A tensor's elements as numbers, exact but for 64-bit integers beyond 2^53. */
import { type NamedArray, toFloat32 } from "@roga/weights";

export function numbersOf(array: NamedArray): ArrayLike<number> & Iterable<number> {
  switch (array.dtype) {
    case "F16":
    case "BF16":
      return toFloat32(array);
    case "I64":
    case "U64":
      return Float64Array.from(array.data, Number);
    default:
      return array.data;
  }
}
