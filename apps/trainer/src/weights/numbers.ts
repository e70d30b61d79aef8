/** A tensor's elements as numbers, whatever its type. */
import { type NamedArray, toFloat32 } from "@roga/weights";

/** Exact but for 64-bit integers beyond 2^53, which are rounded. */
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

/** Exact: 64-bit integers are bigints. */
export function exactNumbersOf(array: NamedArray): ArrayLike<number | bigint> {
  return array.dtype === "I64" || array.dtype === "U64" ? array.data : numbersOf(array);
}
