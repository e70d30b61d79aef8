import { describe, expect, it } from "vitest";
import { splitMix64, Xoshiro128 } from "../src/random.js";

describe("published vectors", () => {
  it("SplitMix64, seed 1234567 (Rosetta Code, from the C of its authors)", () => {
    const outputs = [0n, 1n, 2n, 3n, 4n].map((index) => splitMix64(1234567n, index));
    expect(outputs).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
  });

  it("xoshiro128** 1.1, state 1 2 3 4 (rand_xoshiro, from the C of its authors)", () => {
    const random = new Xoshiro128([1, 2, 3, 4]);
    const outputs = Array.from({ length: 10 }, () => random.next());
    expect(outputs).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it("xoshiro128** 1.1, a state with high bits (xoshiro-6502, from the C of its authors)", () => {
    const random = new Xoshiro128([0x964d4a0c, 0xd40ab895, 0xad7fdecb, 0x3006f0f0]);
    expect([random.next(), random.next(), random.next(), random.next()]).toEqual([
      0xf1391922, 0x6fe53806, 0xa5be2840, 0xf510ee70,
    ]);
  });
});

describe("below", () => {
  it.each([1, 2, 3, 7, 10, 64, 100])("draws every integer below %i about as often", (bound) => {
    const random = Xoshiro128.forReplicate(42, bound);
    const draws = 2000 * bound;
    const counts = new Array<number>(bound).fill(0);
    for (let i = 0; i < draws; i++) counts[random.below(bound)]!++;
    // χ² has bound − 1 degrees of freedom; 6 standard deviations above its mean.
    const chiSquare = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(draws);
    expect(chiSquare).toBeLessThanOrEqual(bound - 1 + 6 * Math.sqrt(2 * (bound - 1)));
  });

  it("reaches both ends of the largest bound", () => {
    const random = Xoshiro128.forReplicate(3, 0);
    const draws = Array.from({ length: 1000 }, () => random.below(2 ** 31));
    expect(Math.min(...draws)).toBeLessThan(2 ** 24);
    expect(Math.max(...draws)).toBeGreaterThan(2 ** 31 - 2 ** 24);
  });
});

it("gives every seed and every replicate its own numbers", () => {
  const first = (seed: number, replicate: number) => Xoshiro128.forReplicate(seed, replicate).next();
  const all = [0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER].flatMap((seed) => [0, 1, 2, 999].map((r) => first(seed, r)));
  expect(new Set(all).size).toBe(all.length);
});
