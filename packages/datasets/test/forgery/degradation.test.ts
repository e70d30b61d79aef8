/** The degradation that callers apply to reals and fakes alike. */
import { stream } from "@roga/tensor-utils/random";
import { describe, expect, it } from "vitest";
import { commonDegradation, degradationParameters } from "../../src/forgery/index.js";
import { drawnFace } from "./support.js";

describe("commonDegradation", () => {
  const face = drawnFace(65, 1);

  it("is the same for the same stream path, stays within 0..1 and leaves its input alone", () => {
    const before = face.data.slice();
    const first = commonDegradation(face, stream(1, "d"));
    expect(commonDegradation(face, stream(1, "d"))).toEqual(first);
    expect(commonDegradation(face, stream(2, "d")).image.data).not.toEqual(first.image.data);
    expect(face.data).toEqual(before);
    expect([first.image.width, first.image.height]).toEqual([65, 65]);
    expect(first.image.data.every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  it("draws the same loss for a real and its fake", () => {
    const other = drawnFace(65, 2);
    expect(commonDegradation(other, stream(1, "d")).parameters).toEqual(
      commonDegradation(face, stream(1, "d")).parameters,
    );
  });

  it("loses something, but not the picture, at every draw, within the table's ranges", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { image, parameters } = commonDegradation(face, stream(seed, "loss"));
      for (const [name, { low, high }] of Object.entries(degradationParameters)) {
        expect(parameters[name], name).toBeGreaterThanOrEqual(low);
        expect(parameters[name], name).toBeLessThanOrEqual(high);
      }
      let change = 0;
      for (let i = 0; i < image.data.length; i++) change += Math.abs(image.data[i]! - face.data[i]!);
      expect(change / image.data.length).toBeGreaterThan(0.004);
      expect(change / image.data.length).toBeLessThan(0.04);
    }
  });
});
