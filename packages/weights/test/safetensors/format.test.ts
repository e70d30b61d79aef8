import {
  type NamedArray,
  type NamedArrays,
  parseSafetensors,
  SafetensorsError,
  serializeSafetensors,
  toFloat32,
} from "@roga/weights";
import { describe, expect, it } from "vitest";
import { valuesOf } from "../support/values.js";
import { rawFile, reference, referenceFile } from "./reference.js";

const one = { dtype: "F32", shape: [1], data_offsets: [0, 4] };
const half = (bits: number): NamedArray => ({ dtype: "F16", shape: [1], data: Uint16Array.of(bits) });

function errorOf(action: () => unknown): SafetensorsError {
  try {
    action();
  } catch (error) {
    if (error instanceof SafetensorsError) return error;
    throw error;
  }
  throw new Error("expected a SafetensorsError, nothing was thrown");
}

describe("against the reference implementation", () => {
  const { tensors, metadata } = parseSafetensors(referenceFile);

  it("reads the same names and metadata", () => {
    expect([...tensors.keys()].sort()).toEqual(Object.keys(reference.tensors).sort());
    expect(metadata).toEqual(reference.metadata);
  });

  it.each(Object.entries(reference.tensors))("reads %s", (name, expected) => {
    const array = tensors.get(name)!;
    expect(array.dtype).toBe(expected.dtype);
    expect(array.shape).toEqual(expected.shape);
    expect(valuesOf(array)).toEqual(expected.values);
  });

  it("writes the same bytes, in whichever order the tensors come", () => {
    const reversed = new Map([...tensors].reverse());
    expect(Buffer.from(serializeSafetensors(tensors, metadata)).equals(referenceFile)).toBe(true);
    expect(Buffer.from(serializeSafetensors(reversed, metadata)).equals(referenceFile)).toBe(true);
  });

  it.each(Object.entries(reference.rejected))("refuses what it refuses: %s", (_, base64) => {
    errorOf(() => parseSafetensors(new Uint8Array(Buffer.from(base64, "base64"))));
  });
});

describe("parseSafetensors", () => {
  it("copies: the bytes may change afterwards", () => {
    const bytes = rawFile({ a: one }, new Uint8Array(Float32Array.of(1.5).buffer));
    const array = parseSafetensors(bytes).tensors.get("a")!;
    bytes.fill(0);
    expect(array.data).toEqual(Float32Array.of(1.5));
  });

  it("reads from a view at an odd position of a larger buffer", () => {
    const larger = new Uint8Array(referenceFile.length + 3);
    larger.set(referenceFile, 3);
    expect(parseSafetensors(larger.subarray(3))).toEqual(parseSafetensors(referenceFile));
  });

  it("reads a file without tensors", () => {
    expect(parseSafetensors(rawFile({ __metadata__: { a: "b" } }, new Uint8Array(0)))).toEqual({
      tensors: new Map(),
      metadata: { a: "b" },
    });
  });

  it("takes names for names, whatever they mean to JavaScript", () => {
    const header =
      '{"__proto__":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"constructor":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}';
    const { tensors } = parseSafetensors(rawFile(header, Uint8Array.of(7, 8)));
    expect(tensors.get("__proto__")?.data).toEqual(Uint8Array.of(7));
    expect(tensors.get("constructor")?.data).toEqual(Uint8Array.of(8));
    expect(parseSafetensors(serializeSafetensors(tensors))).toEqual({ tensors, metadata: {} });
  });

  // Stricter than the reference implementation, which takes the last of two equal keys and passes over unknown ones.
  it.each([
    [
      "a name twice",
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      null,
      '"a" twice',
    ],
    [
      "a name twice, once escaped",
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      null,
      '"a" twice',
    ],
    ["a member twice", '{"a":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}}', null, '"dtype" twice'],
    ["an unknown member", { a: { ...one, strides: [1] } }, "a", 'unknown member "strides"'],
    ["a header that starts with a space", ` ${JSON.stringify({ a: one })}`, null, 'start with "{"'],
    ["a byte order mark", `\uFEFF${JSON.stringify({ a: one })}`, null, 'start with "{"'],
    ["a BOOL of 2", { a: { dtype: "BOOL", shape: [4], data_offsets: [0, 4] } }, "a", "BOOL element 1 is 2"],
    [
      "half a surrogate pair in a name",
      '{"\\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      "\ud800",
      "not valid Unicode",
    ],
    ["a dimension of 1e300", '{"a":{"dtype":"F32","shape":[1e300],"data_offsets":[0,4]}}', "a", "whole numbers"],
    ["a dtype that objects have by birth", { a: { ...one, dtype: "toString" } }, "a", "dtype: expected one of"],
  ])("refuses %s", (_, header, tensor, message) => {
    const error = errorOf(() => parseSafetensors(rawFile(header, Uint8Array.of(0, 2, 0, 0))));
    expect(error.tensor).toBe(tensor);
    expect(error.message).toContain(message);
  });

  it("names the tensor, what was expected and what came", () => {
    const error = errorOf(() => parseSafetensors(rawFile({ "fc.bias": { ...one, shape: [1000000000] } })));
    expect(error.tensor).toBe("fc.bias");
    expect(error.message).toBe(
      'tensor "fc.bias": F32 of shape [1000000000] takes 4000000000 bytes, data_offsets [0,4] give 4',
    );
  });

  it("finds a repeated key after a name of a megabyte", () => {
    const long = '\\\\\\"x'.repeat(200_000);
    const header = `{"${long}":${JSON.stringify(one)},"b":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[4,4]}}`;
    expect(errorOf(() => parseSafetensors(rawFile(header))).message).toContain('"shape" twice');
  });
});

describe("serializeSafetensors", () => {
  const bytes = Uint8Array.of(1, 2);
  it.each([
    ["a shape of another size", { dtype: "U8", shape: [3], data: bytes }, "shape [3] has 3 elements, the data 2"],
    ["a negative dimension", { dtype: "U8", shape: [-2], data: bytes }, "whole numbers"],
    [
      "an array of another dtype",
      { dtype: "F32", shape: [2], data: bytes },
      "F32 needs a Float32Array, got a Uint8Array",
    ],
    ["an unknown dtype", { dtype: "F8", shape: [2], data: bytes }, 'dtype: "F8" is unknown'],
    ["a BOOL of 2", { dtype: "BOOL", shape: [2], data: bytes }, "BOOL element 1 is 2"],
  ])("refuses %s", (_, array, message) => {
    // What untyped callers could pass.
    const error = errorOf(() => serializeSafetensors(new Map([["w", array]]) as unknown as NamedArrays));
    expect(error.tensor).toBe("w");
    expect(error.message).toContain(message);
  });

  it("refuses the reserved name, and text that UTF-8 cannot hold", () => {
    expect(errorOf(() => serializeSafetensors(new Map([["__metadata__", half(0)]]))).message).toContain("reserved");
    expect(errorOf(() => serializeSafetensors(new Map([["\udc00", half(0)]]))).message).toContain("Unicode");
    expect(errorOf(() => serializeSafetensors(new Map(), { note: "\ud800" })).message).toContain("__metadata__.note");
  });

  it("writes the elements of a view, not of its buffer", () => {
    const data = Float32Array.of(0, 1, 2, 3).subarray(1, 3);
    const { tensors } = parseSafetensors(serializeSafetensors(new Map([["v", { dtype: "F32", shape: [2], data }]])));
    expect(tensors.get("v")?.data).toEqual(Float32Array.of(1, 2));
  });
});

describe("toFloat32", () => {
  it("widens every dtype", () => {
    const widened = (array: NamedArray) => [...toFloat32(array)];
    expect(widened({ dtype: "BOOL", shape: [2], data: Uint8Array.of(0, 1) })).toEqual([0, 1]);
    expect(widened({ dtype: "I8", shape: [1], data: Int8Array.of(-128) })).toEqual([-128]);
    expect(widened({ dtype: "I64", shape: [1], data: BigInt64Array.of(-3n) })).toEqual([-3]);
    expect(widened({ dtype: "U64", shape: [1], data: BigUint64Array.of(2n ** 40n) })).toEqual([2 ** 40]);
    expect(widened({ dtype: "F64", shape: [1], data: Float64Array.of(0.1) })).toEqual([Math.fround(0.1)]);
    expect(widened({ dtype: "BF16", shape: [1], data: Uint16Array.of(0xc040) })).toEqual([-3]);
  });

  it("keeps the extremes of half precision", () => {
    // IEEE 754: least subnormal, largest subnormal, least normal, largest finite, infinity, minus zero.
    const cases = [
      [0x0001, 2 ** -24],
      [0x03ff, 1023 * 2 ** -24],
      [0x0400, 2 ** -14],
      [0x7bff, 65504],
      [0xfc00, Number.NEGATIVE_INFINITY],
      [0x8000, -0],
    ] as const;
    for (const [bits, value] of cases) expect(toFloat32(half(bits))[0]).toBe(value);
    expect(toFloat32(half(0x7e00))[0]).toBeNaN();
  });
});
