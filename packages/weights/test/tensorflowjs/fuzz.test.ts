import { TensorFlowJsError } from "@roga/weights";
import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeWeight } from "../../src/tensorflowjs/decode.js";
import { parseManifest } from "../../src/tensorflowjs/manifest.js";
import { edits, truncations } from "../support/broken-bytes.js";

const text = JSON.stringify({
  format: "graph-model",
  modelTopology: { node: [] },
  weightsManifest: [
    {
      paths: ["group1-shard1of2.bin", "group1-shard2of2.bin"],
      weights: [
        { name: "a/kernel", shape: [2, 3], dtype: "float32", quantization: { dtype: "uint8", scale: 0.5, min: -1 } },
        { name: "a/bias", shape: [], dtype: "int32" },
      ],
    },
  ],
});
const valid = Uint8Array.from(Buffer.from(text));

/** Either a typed error, or a manifest whose groups hold exactly their weights; small ones are decoded. */
function parsesOrRefuses(json: string): boolean {
  try {
    const { weights, groups } = parseManifest(json);
    const ends = groups.map(() => 0);
    for (const [name, entry] of weights) {
      expect(entry.begin).toBe(ends[entry.group]);
      ends[entry.group] = entry.end;
      if (entry.end - entry.begin < 1000) decodeWeight(name, entry, new ArrayBuffer(entry.end - entry.begin));
    }
    expect(ends).toEqual(groups.map(({ bytes }) => bytes));
    for (const path of groups.flatMap(({ paths }) => paths)) {
      expect(path.split("/")).not.toContain("..");
      expect(path.startsWith("/")).toBe(false);
    }
    return true;
  } catch (error) {
    if (!(error instanceof TensorFlowJsError)) throw error;
    return false;
  }
}

it("refuses manifests cut at any byte", () => {
  for (const bytes of truncations(valid)) expect(parsesOrRefuses(Buffer.from(bytes).toString())).toBe(false);
});

it("reads or refuses manifests with bytes changed, removed or added", () => {
  let refused = 0;
  fc.assert(
    fc.property(edits(valid), (bytes) => {
      if (!parsesOrRefuses(Buffer.from(bytes).toString())) refused++;
    }),
    { numRuns: 3000, seed: 1 },
  );
  expect(refused).toBeGreaterThan(1000);
});

it("reads or refuses manifests with any values in the right places", () => {
  const wild = fc.oneof(fc.integer({ min: -1, max: 9 }), fc.double(), fc.string({ maxLength: 4 }), fc.constant(null));
  const quantization = fc.record({
    dtype: fc.oneof(fc.constantFrom("uint8", "uint16", "float16"), wild),
    scale: fc.oneof(fc.double({ noNaN: true }), wild),
    min: fc.oneof(fc.double({ noNaN: true }), wild),
  });
  const weight = fc.record(
    {
      name: fc.oneof(fc.string({ maxLength: 3 }), wild),
      shape: fc.oneof(fc.array(fc.nat(4), { maxLength: 3 }), fc.array(wild, { maxLength: 2 }), wild),
      dtype: fc.oneof(fc.constantFrom("float32", "int32", "bool"), wild),
      quantization: fc.oneof(quantization, wild),
    },
    { requiredKeys: ["name", "shape", "dtype"] },
  );
  const path = fc.oneof(
    fc.array(fc.constantFrom("a", "..", "/", ".", "\\", ":"), { maxLength: 5 }).map((p) => p.join("")),
    wild,
  );
  const group = fc.record({ paths: fc.array(path, { maxLength: 1 }), weights: fc.array(weight, { maxLength: 2 }) });
  let read = 0;
  fc.assert(
    fc.property(fc.array(group, { maxLength: 2 }), (weightsManifest) => {
      if (parsesOrRefuses(JSON.stringify({ weightsManifest }))) read++;
    }),
    { numRuns: 4000, seed: 2 },
  );
  expect(read).toBeGreaterThan(100);
});
