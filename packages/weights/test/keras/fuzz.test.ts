import { KerasError } from "@roga/weights";
import fc from "fast-check";
import { expect, it } from "vitest";
import { bytesPerElement } from "../../src/dtype.js";
import { Hdf5File } from "../../src/keras/hdf5-file.js";
import { layoutOf } from "../../src/keras/layout.js";
import { edits, truncations } from "../support/broken-bytes.js";
import { reference, unpack } from "./reference.js";

const legacy = unpack(reference.files["split names"]!.file);
const current = unpack(reference.files["model.weights.h5"]!.file);

/** As an open file reads, from memory. Either a typed error, or arrays that the file can hold. */
async function readsOrRefuses(bytes: Uint8Array): Promise<boolean> {
  let file: Hdf5File | undefined;
  try {
    file = await Hdf5File.open(
      bytes.length,
      (target, position) => {
        const part = bytes.subarray(position, position + target.length);
        target.set(part);
        return part.length;
      },
      250,
    );
    for (const path of layoutOf(file, null).paths.values()) {
      const info = file.info(path);
      const read = file.read(path, info);
      expect(read.length).toBe(info.shape.reduce((a, b) => a * b, 1) * bytesPerElement(info.dtype));
      expect(read.length).toBeLessThanOrEqual(1032 * bytes.length);
    }
    return true;
  } catch (error) {
    if (!(error instanceof KerasError)) throw error;
    // Broken files can stop the library; it is replaced, as often as these cases need.
    expect(error.message).not.toContain("new process");
    return false;
  } finally {
    file?.close();
  }
}

/** Few of the bytes of a HDF5 file mean anything: those that are not zero. */
function meaningful(bytes: Uint8Array): number[] {
  return [...bytes.keys()].filter((at) => bytes[at] !== 0);
}

it("reads or refuses files cut at any of many lengths", async () => {
  for (const bytes of [legacy, current]) {
    let refused = 0;
    let cases = 0;
    let length = 0;
    for (const cut of truncations(bytes)) {
      if (length++ % 131 !== 0) continue;
      cases++;
      if (!(await readsOrRefuses(cut))) refused++;
    }
    expect(refused).toBe(cases);
  }
});

it("reads or refuses files with bits turned over", async () => {
  expect(await readsOrRefuses(legacy)).toBe(true);
  expect(await readsOrRefuses(current)).toBe(true);
  for (const bytes of [legacy, current]) {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...meaningful(bytes)), fc.nat(7), async (at, bit) => {
        const flipped = bytes.slice();
        flipped[at]! ^= 1 << bit;
        if (!(await readsOrRefuses(flipped))) refused++;
      }),
      { numRuns: 30, seed: 1 },
    );
    expect(refused).toBeGreaterThan(2);
  }
});

it("reads or refuses files with bytes changed, removed or added", async () => {
  for (const bytes of [legacy, current]) {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(edits(bytes), async (edited) => {
        if (!(await readsOrRefuses(edited))) refused++;
      }),
      { numRuns: 40, seed: 2 },
    );
    expect(refused).toBeGreaterThan(4);
  }
});
