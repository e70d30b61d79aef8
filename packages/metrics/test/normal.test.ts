import { expect, it } from "vitest";
import { normalCdf, normalQuantile, twoSidedPValue } from "../src/normal.js";
import { readFixture } from "./support.js";

const [golden] = readFixture<{ cdf: [number, number][]; quantile: [number, number][] }>("normal.json");
const relativeError = (actual: number, expected: number) =>
  Math.abs(actual - expected) / (expected === 0 ? 1 : Math.abs(expected));

it.each(golden!.cdf)("normalCdf(%d)", (x, expected) => {
  expect(relativeError(normalCdf(x), expected)).toBeLessThan(2e-13);
});

it.each(golden!.quantile)("normalQuantile(%d)", (probability, expected) => {
  expect(relativeError(normalQuantile(probability), expected)).toBeLessThan(1e-13);
});

it("twoSidedPValue", () => {
  expect(twoSidedPValue(0)).toBe(1);
  expect(relativeError(twoSidedPValue(1.959963984540054), 0.05)).toBeLessThan(1e-13);
  expect(twoSidedPValue(-2.5)).toBe(twoSidedPValue(2.5));
});
