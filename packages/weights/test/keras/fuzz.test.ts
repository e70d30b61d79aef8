import { KerasError } from "@roga/weights";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesPerElement } from "../../src/dtype.js";
import { contentOf } from "../../src/keras/content.js";
import { Hdf5File } from "../../src/keras/hdf5-file.js";
import { Hdf5Library } from "../../src/keras/hdf5-library.js";
import { edits, truncations } from "../support/broken-bytes.js";
import { reference, unpack } from "./reference.js";

/** Milliseconds that one call may take; an intact file takes a few. */
const LIMIT = 100;

/** As an open file reads, from memory: either a typed error, which it gives, or arrays that the file can hold. */
async function readsOrRefuses(bytes: Uint8Array, milliseconds = LIMIT): Promise<KerasError | null> {
  let file: Hdf5File | undefined;
  try {
    file = await Hdf5File.open(
      bytes.length,
      (target, position) => {
        const part = bytes.subarray(position, position + target.length);
        target.set(part);
        return part.length;
      },
      milliseconds,
    );
    const { paths, infos } = contentOf(file, null, 2 ** 30);
    for (const [name, path] of paths) {
      const info = infos.get(name)!;
      const read = file.read(path, info);
      expect(read.length).toBe(info.shape.reduce((a, b) => a * b, 1) * bytesPerElement(info.dtype));
      expect(read.length).toBeLessThanOrEqual(1032 * bytes.length);
    }
    return null;
  } catch (error) {
    if (!(error instanceof KerasError)) throw error;
    return error;
  } finally {
    file?.close();
  }
}

function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[at]! ^= 1 << bit;
  return copy;
}

describe.each(Object.entries(reference.tiny).map(([name, file]) => [name, unpack(file)] as const))(
  "a file of one weight: %s",
  (_, bytes) => {
    it("is read", async () => {
      expect(await readsOrRefuses(bytes, 10_000)).toBeNull();
    });

    it("is refused where it is cut", async () => {
      // Every length of the short ones, some of the others.
      const step = bytes.length < 1000 ? 1 : 17;
      let length = 0;
      for (const cut of truncations(bytes)) {
        if (length++ % step === 0) expect(await readsOrRefuses(cut)).not.toBeNull();
      }
    });

    it("is read or refused with a bit turned over", async () => {
      // Few of the bytes of a HDF5 file mean anything: those that are not zero.
      const meaningful = [...bytes.keys()].filter((at) => bytes[at] !== 0);
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...meaningful), fc.nat(7), async (at, bit) => {
          if ((await readsOrRefuses(flipped(bytes, at, bit))) !== null) refused++;
        }),
        { numRuns: 150, seed: 1 },
      );
      expect(refused).toBeGreaterThan(25);
    });

    it("is read or refused with bytes changed, removed or added", async () => {
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(edits(bytes), async (edited) => {
          if ((await readsOrRefuses(edited)) !== null) refused++;
        }),
        { numRuns: 150, seed: 2 },
      );
      expect(refused).toBeGreaterThan(25);
    });
  },
);

describe("the library", () => {
  // A length in the heap of the group's names; the library then looks for a free block without end.
  const endless = flipped(unpack(reference.tiny.numbered!), 596, 0);

  it("is stopped where a file sends it in circles, and replaced as often as that happens", async () => {
    for (let i = 0; i < 3; i++) {
      const error = await readsOrRefuses(endless, 20);
      expect(error?.message).toMatch(/^the HDF5 file is broken: its (content|start) cannot be read in 0.02 s$/);
    }
    expect(await readsOrRefuses(unpack(reference.tiny.numbered!), 10_000)).toBeNull();
  });

  it("is replaced once its memory has grown", async () => {
    const grown = await Hdf5Library.load();
    const { unmount } = grown.mount(0, () => 0);
    expect((await Hdf5Library.load()).module).toBe(grown.module);
    expect(grown.module._malloc(2 ** 28)).toBeGreaterThan(0);
    unmount();
    expect((await Hdf5Library.load()).module).not.toBe(grown.module);
  });
});
