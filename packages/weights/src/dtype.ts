/**
 * Element types of safetensors files, and the arrays that hold them. Numbers that JavaScript has no array for stay as
 * their bits (`F16`, `BF16`); `toFloat32` widens them.
 */

/** The array type that holds the elements of each dtype. */
export interface DTypeArrays {
  /** One byte an element, 0 or 1. */
  readonly BOOL: Uint8Array;
  /** Unsigned 8-bit integers. */
  readonly U8: Uint8Array;
  /** Signed 8-bit integers. */
  readonly I8: Int8Array;
  /** Signed 16-bit integers. */
  readonly I16: Int16Array;
  /** Unsigned 16-bit integers. */
  readonly U16: Uint16Array;
  /** IEEE 754 binary16, as bits. */
  readonly F16: Uint16Array;
  /** bfloat16 (the upper half of a binary32), as bits. */
  readonly BF16: Uint16Array;
  /** Signed 32-bit integers. */
  readonly I32: Int32Array;
  /** Unsigned 32-bit integers. */
  readonly U32: Uint32Array;
  /** IEEE 754 binary32. */
  readonly F32: Float32Array;
  /** IEEE 754 binary64. */
  readonly F64: Float64Array;
  /** Signed 64-bit integers. */
  readonly I64: BigInt64Array;
  /** Unsigned 64-bit integers. */
  readonly U64: BigUint64Array;
}

/** Name of an element type, as it stands in a file. */
export type DType = keyof DTypeArrays;

interface ArrayType<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): T;
}

/** The constructor of each dtype's array, in the order in which the reference implementation ranks dtypes. */
export const ARRAY_TYPES: { readonly [D in DType]: ArrayType<DTypeArrays[D]> } = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  I16: Int16Array,
  U16: Uint16Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  F32: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
};

/** All dtypes, in that order. */
export const DTYPES = Object.keys(ARRAY_TYPES) as readonly DType[];

/** Whether a value names a dtype. */
export function isDType(value: unknown): value is DType {
  return typeof value === "string" && Object.hasOwn(ARRAY_TYPES, value);
}

/** Size of one element of a dtype in bytes, 1 to 8. */
export function bytesPerElement(dtype: DType): number {
  return ARRAY_TYPES[dtype].BYTES_PER_ELEMENT;
}
