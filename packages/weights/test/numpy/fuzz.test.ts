import { type NamedArray, NumpyError, parseNpy, parseNpz, serializeNpy, serializeNpz } from "@roga/weights";
import fc from "fast-check";
import { expect, it } from "vitest";
import { bitFlips, edits, truncations } from "../support/broken-bytes.js";
import { rawNpy } from "./reference.js";

const small: NamedArray = { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
const npy = serializeNpy(small);
const npz = await serializeNpz(
  new Map<string, NamedArray>([
    ["a", small],
    ["b", { dtype: "I64", shape: [], data: BigInt64Array.of(9n) }],
  ]),
);

/** Either a typed error, or arrays no larger than the file that can be written again. */
function npyReadsOrRefuses(bytes: Uint8Array): boolean {
  try {
    const array = parseNpy(bytes);
    expect(array.data.byteLength).toBeLessThan(bytes.length);
    expect(parseNpy(serializeNpy(array))).toEqual(array);
    return true;
  } catch (error) {
    if (!(error instanceof NumpyError)) throw error;
    return false;
  }
}

async function npzReadsOrRefuses(bytes: Uint8Array): Promise<boolean> {
  try {
    const arrays = await parseNpz(bytes);
    let size = 0;
    for (const { data } of arrays.values()) size += data.byteLength;
    expect(size).toBeLessThan(Math.max(1032 * bytes.length, 1));
    await serializeNpz(arrays);
    return true;
  } catch (error) {
    if (!(error instanceof NumpyError)) throw error;
    return false;
  }
}

it("refuses .npy files cut at any byte, and reads or refuses them with any bit turned over", () => {
  for (const bytes of truncations(npy)) expect(npyReadsOrRefuses(bytes)).toBe(false);
  for (const bytes of bitFlips(npy)) npyReadsOrRefuses(bytes);
});

it("refuses .npz files cut at any byte, and reads or refuses them with any bit turned over", async () => {
  for (const bytes of truncations(npz)) expect(await npzReadsOrRefuses(bytes)).toBe(false);
  for (const bytes of bitFlips(npz, 3)) await npzReadsOrRefuses(bytes);
});

it("reads or refuses .npy files with bytes changed, removed or added", () => {
  let refused = 0;
  fc.assert(
    fc.property(edits(npy), (bytes) => {
      if (!npyReadsOrRefuses(bytes)) refused++;
    }),
    { numRuns: 3000, seed: 1 },
  );
  expect(refused).toBeGreaterThan(1000);
});

it("reads or refuses .npz files with bytes changed, removed or added", async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(edits(npz), async (bytes) => {
      if (!(await npzReadsOrRefuses(bytes))) refused++;
    }),
    { numRuns: 3000, seed: 2 },
  );
  expect(refused).toBeGreaterThan(1000);
});

it("reads or refuses headers of any literals", () => {
  const { literal } = fc.letrec<{ literal: string }>((tie) => ({
    literal: fc.oneof(
      { maxDepth: 2, depthSize: "small" },
      fc.constantFrom("True", "False", "None", "0", "1", "2", "-1", "3L", "1e9", "1000000000", "'<f4'", "'|u1'", "'O'"),
      fc.string({ maxLength: 3 }),
      fc
        .tuple(fc.constantFrom("()", "[]", "{}"), fc.array(tie("literal"), { maxLength: 3 }))
        .map(([brackets, items]) => brackets[0] + items.join(",") + brackets[1]),
    ),
  }));
  const header = fc
    .tuple(
      fc.oneof(fc.constantFrom("'|u1'", "'<f2'", "'>i4'"), literal),
      fc.oneof(fc.constantFrom("True", "False"), literal),
      fc.oneof(
        fc.array(fc.nat(3), { maxLength: 3 }).map((shape) => `(${shape.map((n) => `${n},`).join("")})`),
        literal,
      ),
    )
    .map(([descr, order, shape]) => `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}}`);
  let read = 0;
  fc.assert(
    fc.property(header, fc.nat(8), fc.constantFrom(1, 2, 3), (text, length, version) => {
      if (npyReadsOrRefuses(rawNpy(text, new Uint8Array(length), version))) read++;
    }),
    { numRuns: 4000, seed: 3 },
  );
  expect(read).toBeGreaterThan(50);
});

it("reads or refuses any bytes at all", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (bytes) => {
      npyReadsOrRefuses(bytes);
      await npzReadsOrRefuses(bytes);
      await npzReadsOrRefuses(Buffer.concat([bytes, npz.subarray(-22)]));
    }),
    { numRuns: 2000, seed: 4 },
  );
});
