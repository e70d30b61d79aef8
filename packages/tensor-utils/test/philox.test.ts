import fc from "fast-check";
import { expect, test } from "vitest";
import { multiplyHigh, philox4x32 } from "../src/philox.js";

// The "philox4x32 10" lines of Random123's tests/kat_vectors: counter, key, output.
test.each([
  ["00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  ["ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"],
  ["243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"],
])("philox4x32-10 of counter %s, key %s is %s", (counter, key, expected) => {
  const words = (text: string) => Uint32Array.from(text.split(" "), (word) => Number.parseInt(word, 16));
  const out = new Uint32Array(4);
  philox4x32(words(counter), words(key), out);
  expect(out).toEqual(words(expected));
});

test("multiplyHigh is the upper half of the exact product", () => {
  const word = fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.constantFrom(0, 1, 0xffff, 0x10000, 0xffffffff));
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(multiplyHigh(a, b)).toBe(Number((BigInt(a) * BigInt(b)) >> 32n));
    }),
    { numRuns: 2000 },
  );
});
