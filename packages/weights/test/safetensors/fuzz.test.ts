import { type NamedArray, parseSafetensors, SafetensorsError, serializeSafetensors } from "@roga/weights";
import fc from "fast-check";
import { expect, it } from "vitest";
import { arbitraryArrays } from "../support/arbitrary-arrays.js";
import { bitFlips, edits, truncations } from "../support/broken-bytes.js";
import { rawFile } from "./reference.js";

const arrays = arbitraryArrays("F32", "F64", "I64", "U8", "BOOL", "BF16");
const names = fc.string({ unit: "grapheme", maxLength: 8 }).filter((name) => name !== "__metadata__");
const files = fc.dictionary(names, arrays, { maxKeys: 5 }).map((entries) => new Map(Object.entries(entries)));

it("reads back what it wrote, bit for bit", () => {
  fc.assert(
    fc.property(files, fc.dictionary(names, fc.string({ unit: "grapheme" })), (tensors, metadata) => {
      const bytes = serializeSafetensors(tensors, metadata);
      const read = parseSafetensors(bytes);
      expect(new Set(read.tensors.keys())).toEqual(new Set(tensors.keys()));
      expect({ ...read.metadata }).toEqual({ ...metadata });
      // Equal bytes: NaN payloads and signs of zero included, which a comparison of values passes over.
      expect(Buffer.from(serializeSafetensors(read.tensors, read.metadata)).equals(bytes)).toBe(true);
    }),
    { numRuns: 300, seed: 1 },
  );
});

/** Either a typed error, or content that is consistent enough to be written and read again. */
function parsesOrRefuses(bytes: Uint8Array): boolean {
  try {
    const { tensors, metadata } = parseSafetensors(bytes);
    let size = 0;
    for (const { data } of tensors.values()) size += data.byteLength;
    expect(size).toBeLessThan(bytes.length);
    parseSafetensors(serializeSafetensors(tensors, metadata));
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(SafetensorsError);
    return false;
  }
}

const valid = serializeSafetensors(
  new Map<string, NamedArray>([
    ["conv.weight", { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    ["conv.bias", { dtype: "F64", shape: [2], data: Float64Array.of(1, 2) }],
    ["steps", { dtype: "I64", shape: [], data: BigInt64Array.of(9n) }],
    ["mask", { dtype: "BOOL", shape: [3], data: Uint8Array.of(0, 1, 1) }],
  ]),
  { format: "pt" },
);

it("refuses files cut at any byte, and refuses or reads them with any bit turned over", () => {
  for (const bytes of truncations(valid)) expect(parsesOrRefuses(bytes)).toBe(false);
  for (const bytes of bitFlips(valid, 3)) parsesOrRefuses(bytes);
});

it("refuses or reads files with bytes changed, removed or added", () => {
  let refused = 0;
  fc.assert(
    fc.property(edits(valid), (bytes) => {
      if (!parsesOrRefuses(bytes)) refused++;
    }),
    { numRuns: 4000, seed: 2 },
  );
  expect(refused).toBeGreaterThan(1000);
});

it("refuses or reads headers with any values in the right places", () => {
  const wild = fc.oneof(
    fc.integer({ min: -1, max: 20 }),
    fc.double(),
    fc.string(),
    fc.constant(null),
    fc.constant(2 ** 53),
  );
  const offsets = fc.oneof(fc.tuple(fc.nat(12), fc.nat(12)), fc.array(wild, { maxLength: 3 }));
  const entry = fc.record(
    {
      dtype: fc.oneof(fc.constantFrom("U8", "F32", "BOOL", "F16"), wild),
      shape: fc.oneof(fc.array(fc.nat(3), { maxLength: 2 }), fc.array(wild, { maxLength: 3 }), wild),
      data_offsets: offsets,
    },
    { requiredKeys: ["dtype"] },
  );
  let read = 0;
  fc.assert(
    fc.property(fc.dictionary(fc.string({ maxLength: 3 }), entry, { maxKeys: 3 }), fc.nat(12), (header, length) => {
      if (parsesOrRefuses(rawFile(header, new Uint8Array(length)))) read++;
    }),
    { numRuns: 4000, seed: 3 },
  );
  expect(read).toBeGreaterThan(10);
});

it("refuses or reads any bytes at all", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      parsesOrRefuses(bytes);
    }),
    { numRuns: 2000, seed: 4 },
  );
});
