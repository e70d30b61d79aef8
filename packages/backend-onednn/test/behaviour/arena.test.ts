/** The arena: what lives never overlaps, what is counted as free memory is, and pages are taken from the system sparingly. */
import { describe, expect, it } from "vitest";
import { Arena } from "../../src/arena.js";
import { generator } from "../support/arrays.js";

const MB = 2 ** 20;

/** An arena over ordinary memory, with an account of which bytes of its slabs have pages. */
function observed(maxIdleBytes = Number.POSITIVE_INFINITY, slabBytes = 64 * MB) {
  const paged = new Map<ArrayBufferLike, Uint8Array>();
  const arena = new Arena(
    {
      reserveSlab(bytes) {
        const slab = new ArrayBuffer(bytes);
        paged.set(slab, new Uint8Array(bytes / 64));
        return slab;
      },
      releasePages: (slab, offset, bytes) => void paged.get(slab)!.fill(0, offset / 64, (offset + bytes) / 64),
    },
    { slabBytes, maxIdleBytes },
  );
  return {
    arena,
    /** An array of so many bytes, all written. */
    written(bytes: number): Float32Array {
      const values = arena.allocate(bytes / 4);
      const lines = paged.get(values.buffer)!;
      lines.fill(1, values.byteOffset / 64, Math.ceil((values.byteOffset + values.byteLength) / 64));
      return values;
    },
    pages: () => [...paged.values()].reduce((sum, lines) => sum + 64 * lines.reduce((a, b) => a + b, 0), 0),
    slabs: () => paged.size,
  };
}

describe("pages", () => {
  it("a buffer longer than the free block before untouched memory takes new pages for the difference alone", () => {
    const { arena, written, pages } = observed();
    const first = written(2 * MB);
    const second = written(3 * MB);
    arena.release(second);
    expect(arena.use()).toEqual({ inUse: 2 * MB, idle: 3 * MB, peak: 5 * MB });
    const third = written(4 * MB);
    expect(third.byteOffset).toBe(second.byteOffset);
    expect(arena.use()).toEqual({ inUse: 6 * MB, idle: 0, peak: 6 * MB });
    expect(pages()).toBe(6 * MB);
    arena.release(first);
    arena.release(third);
    expect(arena.use()).toEqual({ inUse: 0, idle: 6 * MB, peak: 6 * MB });
  });

  it("free blocks that fit are taken before untouched memory", () => {
    const { arena, written, pages } = observed();
    const [hole, , last] = [written(2 * MB), written(MB), written(3 * MB)];
    arena.release(hole!);
    arena.release(last!);
    expect(written(MB).byteOffset).toBe(hole!.byteOffset);
    expect(written(3 * MB).byteOffset).toBe(last!.byteOffset);
    expect(pages()).toBe(6 * MB);
  });

  it("those that were given back count no more, and again when they are written", () => {
    const { arena, written, pages } = observed();
    arena.release(written(8 * MB));
    arena.trim();
    expect([arena.use().idle, pages()]).toEqual([0, 0]);
    const again = written(2 * MB);
    expect([arena.use().inUse, pages()]).toEqual([2 * MB, 2 * MB]);
    arena.release(again);
    expect([arena.use().idle, pages()]).toEqual([2 * MB, 2 * MB]);
  });
});

describe.each([Number.POSITIVE_INFINITY, 4 * MB])("at random, with at most %s idle bytes", (maxIdle) => {
  it("live arrays keep what was written, and the account is that of the pages", () => {
    const random = generator(1);
    const { arena, written, pages, slabs } = observed(maxIdle, 16 * MB);
    const live: { values: Float32Array; tag: number }[] = [];
    for (let round = 0; round < 3000; round++) {
      if (random() < 0.5 && live.length < 60) {
        const bytes = 64 * Math.max(1, Math.round(2 ** (14 * random()) * (random() < 0.1 ? 4 : 1)));
        live.push({ values: written(bytes).fill(round), tag: round });
      } else if (live.length > 0) {
        const [{ values, tag }] = live.splice(Math.floor(random() * live.length), 1) as [(typeof live)[0]];
        expect([values[0], values[values.length >> 1], values.at(-1)]).toEqual([tag, tag, tag]);
        arena.release(values);
      }
      if (round % 100 > 0) continue;
      const { inUse, idle } = arena.use();
      expect(inUse).toBeGreaterThanOrEqual(live.reduce((sum, { values }) => sum + values.byteLength, 0));
      expect(inUse + idle).toBeGreaterThanOrEqual(pages());
      // A rest too short to be a block of its own counts, though perhaps nobody writes it.
      expect(inUse + idle - pages()).toBeLessThan(0.1 * (inUse + idle) + 4096);
    }
    for (const { values } of live) arena.release(values);
    arena.trim();
    expect(arena.use().inUse).toBe(0);
    expect(slabs()).toBeLessThan(12);
  });
});
