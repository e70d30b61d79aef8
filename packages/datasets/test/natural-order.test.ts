import fc from "fast-check";
import { expect, it } from "vitest";
import { naturalCompare } from "../src/natural-order.js";

it("orders runs of digits as numbers", () => {
  const ordered = ["", "01", "1", "2", "10", "a", "a1b2", "a1b10", "a2", "a10", "a10b", "b"];
  for (const [i, a] of ordered.entries()) {
    for (const [j, b] of ordered.entries())
      expect(Math.sign(naturalCompare(a, b)), `${a} ? ${b}`).toBe(Math.sign(i - j));
  }
});

it("is exact beyond the integers of a double", () => {
  expect(naturalCompare("f9007199254740993", "f9007199254740992")).toBeGreaterThan(0);
});

it("is a total order", () => {
  const name = fc.string({ unit: fc.constantFrom("0", "1", "9", "a", "_"), maxLength: 5 });
  fc.assert(
    fc.property(name, name, name, (a, b, c) => {
      expect(Math.sign(naturalCompare(a, b))).toBe(-Math.sign(naturalCompare(b, a)) || 0);
      expect(naturalCompare(a, b) === 0).toBe(a === b);
      if (naturalCompare(a, b) <= 0 && naturalCompare(b, c) <= 0) expect(naturalCompare(a, c)).toBeLessThanOrEqual(0);
    }),
    { numRuns: 2000, seed: 1 },
  );
});
