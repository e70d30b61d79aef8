/** Tensors of floating-point numbers in another element type; integers and truth values stay as they are. */
import type { NamedArray, TensorInfo, TensorSource } from "@roga/weights";
import { numbersOf } from "./numbers.js";

/** The element types to choose from. */
export const FLOAT_DTYPES = ["F16", "BF16", "F32", "F64"] as const;
export type FloatDType = (typeof FLOAT_DTYPES)[number];

/** The tensors in another type; each is read and cast when it is asked for. */
export function cast(source: TensorSource, dtype: FloatDType): TensorSource {
  const infos = new Map<string, TensorInfo>();
  for (const [name, info] of source.infos) infos.set(name, isFloat(info) ? { dtype, shape: info.shape } : info);
  return {
    infos,
    async tensor(name) {
      const array = await source.tensor(name);
      return isFloat(array) ? castArray(array, dtype) : array;
    },
  };
}

/** Rounds to nearest, ties to even; what is too large for half precision becomes infinite, as in every framework. */
export function castArray(array: NamedArray, dtype: FloatDType): NamedArray {
  if (array.dtype === dtype) return array;
  const { shape } = array;
  const values = numbersOf(array);
  switch (dtype) {
    case "F64":
      return { dtype, shape, data: Float64Array.from(values) };
    case "F32":
      return { dtype, shape, data: Float32Array.from(values) };
    case "BF16":
      return { dtype, shape, data: roundedBits(values, brain) };
    case "F16":
      return { dtype, shape, data: roundedBits(values, half) };
  }
}

function isFloat({ dtype }: TensorInfo): boolean {
  return (FLOAT_DTYPES as readonly string[]).includes(dtype);
}

/** A binary floating-point format of 16 bits. */
interface Format {
  readonly fractionBits: number;
  /** Exponent of the smallest normal number. */
  readonly minExponent: number;
  readonly maxExponent: number;
}

const half: Format = { fractionBits: 10, minExponent: -14, maxExponent: 15 };
const brain: Format = { fractionBits: 7, minExponent: -126, maxExponent: 127 };

function roundedBits(values: ArrayLike<number> & Iterable<number>, format: Format): Uint16Array {
  return Uint16Array.from(values, (value) => encode(value, format));
}

/** Straight from 64 bits, so that nothing is rounded twice. */
function encode(value: number, { fractionBits, minExponent, maxExponent }: Format): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const infinity = (maxExponent - minExponent + 2) << fractionBits;
  if (Number.isNaN(value)) return infinity | (1 << (fractionBits - 1));
  const size = Math.abs(value);
  if (size === 0) return sign;
  if (size === Number.POSITIVE_INFINITY) return sign | infinity;
  VIEW.setFloat64(0, size);
  const exponent = Math.max((VIEW.getUint32(0) >>> 20) - 1023, minExponent);
  // In units of the last place; exact, since it only moves the binary point.
  const units = roundHalfToEven(size * 2 ** (fractionBits - exponent));
  // A carry out of the fraction raises the exponent by itself.
  const bits = units + (exponent - minExponent) * 2 ** fractionBits;
  return sign | Math.min(bits, infinity);
}

const VIEW = new DataView(new ArrayBuffer(8));

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
