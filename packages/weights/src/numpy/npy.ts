/** `.npy` files in memory: one array each, in any byte order and with either index moving fastest. */
import { decodeTensor, encodeTensor } from "../decode-tensor.js";
import { bytesPerElement, type DTypeArrays } from "../dtype.js";
import type { NamedArray } from "../named-array.js";
import { NumpyError } from "./error.js";
import { formatNpyHeader, NPY_PREAMBLE_BYTES, type NpyInfo, npyDataStart, parseNpyHeader } from "./npy-header.js";

/**
 * Parses a whole `.npy` file. The array is a copy; the bytes may be reused afterwards.
 * @param name What errors call it. Default: `arr_0`.
 * @throws NumpyError if anything in it breaks the format, or its elements are no plain numbers.
 */
export function parseNpy(bytes: Uint8Array, name: string = NPY_NAME): NamedArray {
  const begin = npyDataStart(name, bytes.subarray(0, NPY_PREAMBLE_BYTES), bytes.length);
  const info = parseNpyHeader(name, bytes.subarray(0, begin), bytes.length);
  return decodeNpy(name, info, new Uint8Array(bytes.subarray(begin)));
}

/**
 * The bytes of a `.npy` file, version 1.0.
 * @param name What errors call the array. Default: `arr_0`.
 * @throws NumpyError if the array is not one, or its dtype is BF16, which NumPy lacks.
 */
export function serializeNpy(array: NamedArray, name: string = NPY_NAME): Uint8Array {
  return new Uint8Array(Buffer.concat(npyParts(name, array)));
}

/** What NumPy calls an array that has no name. */
export const NPY_NAME = "arr_0";

/** The header and the data of a file. */
export function npyParts(name: string, array: NamedArray): [Uint8Array, Uint8Array] {
  const data = encodeTensor(name, array, NumpyError);
  return [formatNpyHeader(name, array.dtype, array.shape), data];
}

/** The array over bytes that hold exactly its data; it takes their buffer over. */
export function decodeNpy(name: string, info: NpyInfo, bytes: Uint8Array<ArrayBuffer>): NamedArray {
  const { dtype, shape, fortranOrder, bigEndian } = info;
  if (bigEndian) swapBytes(bytes, bytesPerElement(dtype));
  const array = decodeTensor(name, info, bytes.buffer, NumpyError);
  if (!fortranOrder || shape.length < 2) return array;
  return { dtype, shape: array.shape, data: rowMajor(array.data, shape) } as NamedArray;
}

function swapBytes(bytes: Uint8Array<ArrayBuffer>, size: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else if (size === 8) buffer.swap64();
}

/** Elements whose first index moves fastest, with the last one moving fastest instead. */
function rowMajor(data: DTypeArrays[keyof DTypeArrays], shape: readonly number[]): DTypeArrays[keyof DTypeArrays] {
  const out = data.slice();
  const strides: number[] = [];
  for (let axis = 0, stride = 1; axis < shape.length; axis++) {
    strides.push(stride);
    stride *= shape[axis]!;
  }
  const index = new Array<number>(shape.length).fill(0);
  for (let o = 0, offset = 0; o < out.length; o++) {
    out[o] = data[offset]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      offset -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
