/**
 * The header of a `.npy` file, versions 1.0 to 3.0:
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. Six bytes of magic, the version, the length of
 * the header (2 or 4 bytes, little-endian) and a Python dictionary with `descr`, `fortran_order` and `shape`.
 */
import { bytesPerElement, type DType } from "../dtype.js";
import type { TensorInfo } from "../named-array.js";
import { elementCount } from "../shape.js";
import { NumpyError } from "./error.js";
import { type Literal, LiteralError, parseLiteral } from "./literal.js";
import { descrOf, parseDescr } from "./npy-dtype.js";

/** What a `.npy` file starts with. */
export const NPY_MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);

/** Bytes that are enough to learn how long the header is. */
export const NPY_PREAMBLE_BYTES = 12;

/** NumPy itself reads headers of 10000 characters unless told otherwise. */
const MAX_HEADER_BYTES = 65536;
/** NumPy's own limit since 2.0; 32 before. */
const MAX_RANK = 64;

/** NumPy's data start at a multiple of this. */
const ALIGNMENT = 64;

/** One array of a `.npy` file and where it lies. */
export interface NpyInfo extends TensorInfo {
  /** Whether the first index moves fastest. */
  readonly fortranOrder: boolean;
  /** Whether the most significant byte comes first. */
  readonly bigEndian: boolean;
  /** First byte of the data, counted from the start of the file. */
  readonly begin: number;
}

/**
 * Bytes from the start of the file to the data.
 * @param start The first {@link NPY_PREAMBLE_BYTES}, or all of a shorter file.
 * @throws NumpyError if it is no `.npy` file of a known version, or shorter than that.
 */
export function npyDataStart(name: string, start: Uint8Array, fileLength: number): number {
  const view = Buffer.from(start.buffer, start.byteOffset, start.length);
  if (!view.subarray(0, NPY_MAGIC.length).equals(NPY_MAGIC)) throw new NumpyError(name, "not a .npy file");
  if (start.length < NPY_PREAMBLE_BYTES) throw new NumpyError(name, `the file ends after ${start.length} bytes`);
  const [major, minor] = [view[6]!, view[7]!];
  if (!(major >= 1 && major <= 3 && minor === 0)) {
    throw new NumpyError(name, `expected .npy version 1.0, 2.0 or 3.0, got ${major}.${minor}`);
  }
  const length = major === 1 ? view.readUInt16LE(8) : view.readUInt32LE(8);
  const begin = headerStart(major) + length;
  if (length > MAX_HEADER_BYTES) {
    throw new NumpyError(name, `a header of ${length} bytes is longer than the limit of ${MAX_HEADER_BYTES}`);
  }
  if (begin > fileLength) throw new NumpyError(name, `a header of ${length} bytes does not fit in ${fileLength}`);
  return begin;
}

/**
 * Parses and validates a header.
 * @param start The file up to its data.
 * @param fileLength Length of the whole file, which the header has to account for.
 * @throws NumpyError naming what is wrong.
 */
export function parseNpyHeader(name: string, start: Uint8Array, fileLength: number): NpyInfo {
  const major = start[6]!;
  const encoding = major === 3 ? "utf8" : "latin1";
  const text = Buffer.from(start.buffer, start.byteOffset, start.length).toString(encoding, headerStart(major));
  const header = parseDictionary(name, text);
  const { dtype, bigEndian } = parseDescr(name, header.get("descr"));
  const fortranOrder = header.get("fortran_order");
  if (typeof fortranOrder !== "boolean") throw new NumpyError(name, "fortran_order: expected True or False");
  const shape = header.get("shape");
  if (!Array.isArray(shape)) throw new NumpyError(name, "shape: expected a tuple of whole numbers");
  if (shape.length > MAX_RANK) throw new NumpyError(name, `shape: ${shape.length} dimensions, NumPy knows ${MAX_RANK}`);
  const size = BigInt(elementCount(name, shape, NumpyError)) * BigInt(bytesPerElement(dtype));
  const rest = fileLength - start.length;
  if (size !== BigInt(rest)) {
    throw new NumpyError(name, `${dtype} of shape ${JSON.stringify(shape)} takes ${size} bytes, the file has ${rest}`);
  }
  return { dtype, shape: shape as number[], fortranOrder, bigEndian, begin: start.length };
}

/**
 * The bytes before an array's data, as NumPy writes them.
 * @throws NumpyError if NumPy has no such dtype or the shape is too long for a header.
 */
export function formatNpyHeader(name: string, dtype: DType, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${descrOf(name, dtype)}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const begin = Math.ceil((headerStart(1) + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  if (begin > 65535) throw new NumpyError(name, `a shape of ${shape.length} dimensions does not fit in a header`);
  const header = Buffer.alloc(begin, " ");
  header.set(NPY_MAGIC);
  header.set([1, 0], 6);
  header.writeUInt16LE(begin - headerStart(1), 8);
  header.write(text, headerStart(1));
  header.write("\n", begin - 1);
  return header;
}

function headerStart(major: number): number {
  return major === 1 ? 10 : 12;
}

function parseDictionary(name: string, text: string): ReadonlyMap<string, Literal> {
  let value: Literal;
  try {
    value = parseLiteral(text);
  } catch (cause) {
    if (!(cause instanceof LiteralError)) throw cause;
    throw new NumpyError(name, `the header is no Python literal: ${cause.message}`, null, { cause });
  }
  if (!(value instanceof Map)) throw new NumpyError(name, "the header is no dictionary");
  const keys = [...value.keys()].sort().join(", ");
  if (keys !== "descr, fortran_order, shape") {
    throw new NumpyError(name, `the header: expected descr, fortran_order and shape, got ${keys.slice(0, 200)}`);
  }
  return value;
}
