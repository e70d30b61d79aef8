import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { labelsOf, shorten, visible, width } from "../src/labels.js";

describe("visible", () => {
  it("writes out what could steer a terminal, break XML or disguise a name", () => {
    expect(visible("a\u001b[31mb\u0000\u202eexe.\ud800")).toBe("a\\u{1b}[31mb\\u{0}\\u{202e}exe.\\u{d800}");
    expect(visible("Ünïcode 顔 🙂 <b>")).toBe("Ünïcode 顔 🙂 <b>");
  });
});

describe("shorten", () => {
  it("keeps both ends", () => {
    expect(shorten("abcdefghij", 7)).toBe("abc…hij");
    expect(shorten("abcdefghij", 6)).toBe("abc…ij");
    expect(shorten("abcdefghij", 10)).toBe("abcdefghij");
  });
});

describe("labelsOf", () => {
  it("tells names apart that would look alike", () => {
    const labels = labelsOf(["celeb-blend-first", "celeb-bland-first", "mean"], 11, ["mean"]);
    expect([...labels.values()]).toEqual(["celeb…first", "cele…irst#2", "mean#2"]);
  });

  it("gives different names different labels within the limit", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "b", "#", "2", "\u0000", "\\", "🙂"), maxLength: 12 });
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 40 }), (names) => {
        const labels = labelsOf(names, 8);
        expect(new Set(labels.values()).size).toBe(names.length);
        for (const label of labels.values()) expect(width(label)).toBeLessThanOrEqual(8);
      }),
    );
  });
});
