/**
 * Element types of NumPy arrays (https://numpy.org/doc/stable/reference/arrays.dtypes.html) and those of this package.
 * NumPy has more; each that is no plain number is refused by what it is.
 */
import type { DType } from "../dtype.js";
import { NumpyError } from "./error.js";
import type { Literal } from "./literal.js";

/** How elements lie in a file. */
export interface NpyDType {
  readonly dtype: DType;
  /** Whether the most significant byte comes first. */
  readonly bigEndian: boolean;
}

const DTYPE_OF: Readonly<Record<string, DType>> = {
  b1: "BOOL",
  u1: "U8",
  i1: "I8",
  u2: "U16",
  i2: "I16",
  u4: "U32",
  i4: "I32",
  u8: "U64",
  i8: "I64",
  f2: "F16",
  f4: "F32",
  f8: "F64",
};

const REFUSED: Readonly<Record<string, string>> = {
  O: "Python objects, which only unpickling could read; that could run any code",
  S: "byte strings",
  a: "byte strings",
  U: "text",
  V: "raw records",
  M: "dates",
  m: "time spans",
  c: "complex numbers",
  f: "floats of another size",
};

/**
 * The element type that a header's `descr` stands for.
 * @throws NumpyError if it is structured or none of {@link DType}.
 */
export function parseDescr(name: string, descr: Literal | undefined): NpyDType {
  if (Array.isArray(descr)) throw new NumpyError(name, `descr: structured arrays are not weights`);
  if (typeof descr !== "string") throw new NumpyError(name, "descr: expected text such as '<f4'");
  const [, order, type] = descr.match(/^([<>|])([a-zA-Z]\d+)$/) ?? [];
  const dtype = type !== undefined && Object.hasOwn(DTYPE_OF, type) ? DTYPE_OF[type] : undefined;
  if (dtype === undefined) {
    const kind = descr.match(/^[<>|=]?([a-zA-Z])/)?.[1];
    const what = kind !== undefined && Object.hasOwn(REFUSED, kind) ? ` (${REFUSED[kind]})` : "";
    const expected = Object.keys(DTYPE_OF).join(", ");
    throw new NumpyError(name, `descr: expected one of ${expected} after <, > or |, got ${show(descr)}${what}`);
  }
  if (order === "|" && !type!.endsWith("1")) throw new NumpyError(name, `descr: ${show(descr)} lacks a byte order`);
  return { dtype, bigEndian: order === ">" };
}

/**
 * What a header says for a dtype.
 * @throws NumpyError for BF16, which NumPy lacks.
 */
export function descrOf(name: string, dtype: DType): string {
  const found = Object.entries(DTYPE_OF).find(([, candidate]) => candidate === dtype)?.[0];
  if (found === undefined) throw new NumpyError(name, `NumPy has no element type for ${dtype}; convert it to F32`);
  return (found.endsWith("1") ? "|" : "<") + found;
}

function show(descr: string): string {
  return JSON.stringify(descr.slice(0, 40));
}
