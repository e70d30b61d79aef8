/**
 * Tensors as plain arrays with names: what weight files are read into and written from. No tensor library is involved.
 */
import { type DType, type DTypeArrays, isDType } from "./dtype.js";
import { WeightsError } from "./weights-error.js";

/** A tensor of one element type. */
export interface TypedNamedArray<D extends DType> {
  /** The element type, as files name it. */
  readonly dtype: D;
  /** Length of each dimension; `[]` for a scalar. */
  readonly shape: readonly number[];
  /** The elements in row-major order, as many as the product of the shape. */
  readonly data: DTypeArrays[D];
}

/** A tensor of any element type; `dtype` tells which array `data` is. */
export type NamedArray = { [D in DType]: TypedNamedArray<D> }[DType];

/** What a tensor is, without its elements. */
export interface TensorInfo {
  /** The element type. */
  readonly dtype: DType;
  /** Length of each dimension; `[]` for a scalar. */
  readonly shape: readonly number[];
}

/** Tensors by name. */
export type NamedArrays = ReadonlyMap<string, NamedArray>;

/**
 * The elements as 32-bit floats. Exact for BOOL, F16, BF16 and integers up to 24 bits; other values round to nearest.
 * @returns A new array, or for F32 the array itself.
 * @throws WeightsError if the dtype is none of {@link DType}.
 */
export function toFloat32(array: NamedArray): Float32Array {
  switch (array.dtype) {
    case "F32":
      return array.data;
    case "F16":
      return Float32Array.from(array.data, halfToNumber);
    case "BF16":
      return new Float32Array(Uint32Array.from(array.data, (bits) => bits << 16).buffer);
    case "I64":
    case "U64":
      return Float32Array.from(array.data, Number);
    default:
      if (!isDType(array.dtype)) throw new WeightsError(null, `unknown dtype ${JSON.stringify(array.dtype)}`);
      return Float32Array.from(array.data);
  }
}

/** The value of an IEEE 754 binary16 given as bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
