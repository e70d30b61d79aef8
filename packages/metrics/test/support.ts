/** Reading fixtures and comparing numbers; a comparison with anything that is not finite fails. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect } from "vitest";

/** The entries of a fixture; the type is what its generator wrote. */
export function readFixture<Entry>(name: string): Entry[] {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8"));
}

/** Finite, and within `tolerance` of `expected`, relative where that exceeds 1. */
export function expectClose(actual: number, expected: number, tolerance = 1e-12): void {
  expect(actual).toSatisfy(Number.isFinite);
  expect(Math.abs(actual - expected), `${actual} against ${expected}`).toBeLessThanOrEqual(
    tolerance * Math.max(1, Math.abs(expected)),
  );
}

/** As many numbers, each close; `null` in a fixture stands for infinity. */
export function expectAllClose(
  actual: ArrayLike<number>,
  expected: readonly (number | null)[],
  tolerance?: number,
): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    if (value === null) expect(actual[i]).toBe(Number.POSITIVE_INFINITY);
    else expectClose(actual[i]!, value, tolerance);
  });
}

/** Labels and scores, with ties and both classes: at most 40 samples on at most 9 distinct scores, or on many. */
export const samples = fc
  .array(
    fc.record({
      label: fc.integer({ min: 0, max: 1 }),
      score: fc.oneof(fc.integer({ min: -4, max: 4 }), fc.double({ min: -1e6, max: 1e6, noNaN: true })),
    }),
    { minLength: 0, maxLength: 38 },
  )
  .map((rest) => {
    const rows = [...rest, { label: 1, score: 0.5 }, { label: 0, score: 1 }];
    return { labels: rows.map((row) => row.label), scores: rows.map((row) => row.score) };
  });
