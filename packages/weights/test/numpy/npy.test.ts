import { type NamedArray, NumpyError, parseNpy, serializeNpy } from "@roga/weights";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/errors.js";
import { valuesOf } from "../support/values.js";
import { DTYPES, decode, rawNpy, reference } from "./reference.js";

describe("against NumPy", () => {
  it.each(Object.entries(reference.files))("reads %s", (_, { file, dtype, shape, values }) => {
    const array = parseNpy(decode(file));
    expect(array.dtype).toBe(DTYPES[dtype]);
    expect(array.shape).toEqual(shape);
    expect(valuesOf(array)).toEqual(values);
  });

  // What this package writes as NumPy does: row-major, little-endian, version 1.0.
  const canonical = Object.keys(reference.files).filter((name) => !/^>|fortran|version [23]/.test(name));
  it.each(canonical)("writes the same bytes for %s", (name) => {
    const bytes = decode(reference.files[name]!.file);
    expect(Buffer.from(serializeNpy(parseNpy(bytes))).equals(bytes)).toBe(true);
  });

  it.each(Object.entries(reference.refused))("refuses %s", async (_, { file, because }) => {
    const error = await errorOf(() => parseNpy(decode(file), "w"));
    expect(error).toBeInstanceOf(NumpyError);
    expect(error.tensor).toBe("w");
    expect(error.message).toContain(because);
  });
});

describe("parseNpy", () => {
  const good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }";
  it("reads headers as Python 2 and others write them", () => {
    const data = new Uint8Array(Float32Array.of(1.5).buffer);
    for (const header of [
      good,
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1L,), }\n",
      '{"shape":(1,),"fortran_order":True,"descr":"<f4"}',
      "  { 'descr' : '<f4' , 'fortran_order' : False , 'shape' : [ 1 ] }  \n",
    ]) {
      expect(parseNpy(rawNpy(header, data)).data).toEqual(Float32Array.of(1.5));
    }
  });

  it.each([
    ["an expression", good.replace("(1,)", "(0+1,)"), 'expected "," or ")"'],
    ["a call", good.replace("False", "__import__('os')"), "expected a literal"],
    ["a number in brackets", good.replace("(1,)", "(1)"), 'expected ","'],
    ["a negative dimension", good.replace("(1,)", "(-1,)"), "whole numbers"],
    ["a dimension of text", good.replace("(1,)", "('1',)"), "whole numbers"],
    ["True for a dimension", good.replace("(1,)", "(True,)"), "whole numbers"],
    ["10⁹ elements", good.replace("(1,)", "(1000000000,)"), "takes 4000000000 bytes, the file has 4"],
    ["a shape that overflows", good.replace("(1,)", "(4294967296, 4294967296, 4294967296)"), "too large"],
    ["a huge dimension beside a zero", good.replace("(1,)", "(0, 99999999999999999)"), "whole numbers"],
    ["a shape that is no tuple", good.replace("(1,)", "1"), "shape: expected a tuple"],
    ["an order of 1", good.replace("False", "1"), "fortran_order: expected True or False"],
    ["an escape", good.replace("<f4", "\\x3cf4"), "an escape"],
    ["a key twice", good.replace("{", "{'descr': '<f4', "), '"descr" stands there twice'],
    ["a key more", good.replace("{", "{'strides': (4,), "), "got descr, fortran_order, shape, strides"],
    ["a key less", good.replace("'fortran_order': False,", ""), "got descr, shape"],
    ["no dictionary", "('descr',)", "no dictionary"],
    ["nothing", "", "expected a literal"],
    ["text without end", "{'descr", "has no end"],
    ["text after it", `${good} x`, "expected the end"],
    ["brackets without end", "[".repeat(10_000), "too many brackets"],
    ["the machine's byte order", good.replace("<f4", "=f4"), 'got "=f4"'],
    ["no byte order", good.replace("<f4", "|f4"), "lacks a byte order"],
    ["a dtype that objects have by birth", good.replace("<f4", "toString"), "descr: expected one of"],
    ["raw records of two bytes, as bfloat16 is saved", good.replace("<f4", "<V2"), "raw records"],
  ])("refuses %s", async (_, header, message) => {
    expect((await errorOf(() => parseNpy(rawNpy(header)))).message).toContain(message);
  });

  it.each([
    ["another version", rawNpy(good, new Uint8Array(4), 4), "got 4.0"],
    ["a header beyond the file", rawNpy(good).subarray(0, 40), "does not fit in 40"],
    [
      "a header of 4 GB",
      Buffer.concat([rawNpy(good, new Uint8Array(4), 2).subarray(0, 8), Buffer.alloc(4, 255)]),
      "limit",
    ],
    ["one byte more", Buffer.concat([rawNpy(good), Buffer.alloc(1)]), "takes 4 bytes, the file has 5"],
    ["a boolean of 2", rawNpy(good.replace("<f4", "|b1"), Uint8Array.of(2)), "BOOL element 0 is 2"],
    ["another file", Buffer.from("PK\u0003\u0004 and more than that"), "not a .npy file"],
  ])("refuses %s", async (_, bytes, message) => {
    expect((await errorOf(() => parseNpy(new Uint8Array(bytes)))).message).toContain(message);
  });

  it("copies: the bytes may change afterwards", () => {
    const bytes = rawNpy(good, new Uint8Array(Float32Array.of(1.5).buffer));
    const array = parseNpy(bytes);
    bytes.fill(0);
    expect(array.data).toEqual(Float32Array.of(1.5));
  });
});

describe("serializeNpy", () => {
  it.each<[string, NamedArray, string]>([
    ["bfloat16", { dtype: "BF16", shape: [1], data: Uint16Array.of(1) }, "no element type for BF16"],
    ["a shape of another size", { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2) }, "has 3 elements"],
    ["30 000 dimensions", { dtype: "U8", shape: Array(30_000).fill(1), data: Uint8Array.of(1) }, "does not fit"],
  ])("refuses %s", async (_, array, message) => {
    const error = await errorOf(() => serializeNpy(array, "w"));
    expect(error.tensor).toBe("w");
    expect(error.message).toContain(message);
  });
});
