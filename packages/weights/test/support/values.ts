/** Arrays as fixtures have them: numbers, and text where JSON has none. */
import { type NamedArray, toFloat32 } from "@roga/weights";

/** BF16 and F16 widened; 64-bit integers beyond 2^53, non-finite numbers and minus zero as text. */
export function valuesOf(array: NamedArray): (number | string)[] {
  const data = array.dtype === "F16" || array.dtype === "BF16" ? toFloat32(array) : array.data;
  return Array.from<number | bigint, number | string>(data, (value) => {
    if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : `${value}`;
    if (Number.isNaN(value)) return "nan";
    if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
    return Object.is(value, -0) ? "-0.0" : value;
  });
}
