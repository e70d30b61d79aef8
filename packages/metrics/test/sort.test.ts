import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Xoshiro128 } from "../src/random.js";
import { argsortDescending } from "../src/sort.js";

const random = Xoshiro128.forReplicate(1, 0);
const uniform = () => random.next() / 2 ** 32;
const make = (count: number, key: (i: number) => number) => new Float64Array(count).map((_, i) => key(i));

/** Compares with the engine's own sort, and checks that every key kept its payload. */
function expectSorted(keys: Float64Array): void {
  const { order, sorted } = argsortDescending(keys);
  const expected = keys.slice().sort().reverse();
  // Compared by ===, for which −0 is 0; the engine puts the one before the other, ranking ties them.
  expect(sorted.findIndex((key, i) => key !== expected[i])).toBe(-1);
  expect(order.findIndex((index, i) => keys[index] !== sorted[i])).toBe(-1);
  expect(new Set(order).size).toBe(keys.length);
}

describe("argsortDescending", () => {
  const large = 60_000; // beyond the length that is sorted in the cache
  const distributions: [string, Float64Array][] = [
    ["uniform", make(large, uniform)],
    ["ascending", make(large, (i) => i)],
    ["descending", make(large, (i) => -i)],
    ["equal", make(large, () => 3)],
    ["five values", make(large, () => Math.floor(5 * uniform()))],
    ["thousands of ties", make(large, () => Math.round(3000 * uniform()))],
    ["piled up at both ends", make(large, () => 1 / (1 + Math.exp(-60 * (uniform() - 0.5))))],
    ["one far outlier", make(large, (i) => (i === 7 ? 1e12 : uniform()))],
    ["outliers within outliers", make(large, (i) => uniform() * 10 ** (-4 * (i % 5)))],
    ["every magnitude there is", make(large, () => (uniform() - 0.5) * 10 ** (600 * uniform() - 300))],
    ["magnitudes without end", make(3000, (i) => 2 ** (-i / 3))],
    ["a range that overflows", make(1000, (i) => (i % 2 === 0 ? 1 : -1) * (1.7e308 - i * 1e300))],
    ["denormal", make(1000, () => Math.floor(50 * uniform()) * Number.MIN_VALUE)],
    ["signed zeros", make(100, (i) => (i % 3 === 0 ? -0 : i % 3 === 1 ? 0 : uniform() - 0.5))],
  ];
  it.each(distributions)("sorts %s", (_, keys) => expectSorted(keys));

  it("sorts any finite numbers", () => {
    const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 300 });
    fc.assert(fc.property(numbers, (keys) => expectSorted(Float64Array.from(keys))));
  });

  it("leaves its input alone", () => {
    const keys = Float64Array.of(3, 1, 2);
    argsortDescending(keys);
    expect([...keys]).toEqual([3, 1, 2]);
  });
});
