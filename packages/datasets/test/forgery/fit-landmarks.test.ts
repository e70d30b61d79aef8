/** The landmark fit on drawn faces whose place is known. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitLandmarks } from "../../src/forgery/index.js";
import { pointList } from "../../src/forgery/operations/align-donor.js";
import { canonicalLandmarks } from "../../src/image/landmarks.js";
import { drawnFace } from "./support.js";

describe("fitLandmarks", () => {
  it("finds a face that stands off the centre, to a fifth of the eye distance", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(64, 128),
        fc.double({ min: -0.35, max: 0.35, noNaN: true }),
        fc.double({ min: -0.35, max: 0.35, noNaN: true }),
        fc.integer({ min: 0, max: 1000 }),
        (size, right, down, seed) => {
          const canonical = canonicalLandmarks(size);
          const unit = canonical.rightEye[0] - canonical.leftEye[0];
          const face = drawnFace(size, seed, [0.72, 0.55, 0.45], [right * unit, down * unit]);
          const found = pointList(fitLandmarks(face));
          pointList(canonical).forEach(([x, y], i) => {
            const error = Math.hypot(found[i]![0] - x - right * unit, found[i]![1] - y - down * unit);
            expect(error / unit).toBeLessThan(0.2);
          });
        },
      ),
      { numRuns: 20, seed: 2 },
    );
  });

  it("starts from the points that it is given", () => {
    const size = 96;
    const face = drawnFace(size, 1, [0.72, 0.55, 0.45], [14, 0]);
    const expected = canonicalLandmarks(size);
    const moved = {
      leftEye: [expected.leftEye[0] + 14, expected.leftEye[1]],
      rightEye: [expected.rightEye[0] + 14, expected.rightEye[1]],
      noseTip: [expected.noseTip[0] + 14, expected.noseTip[1]],
      leftMouth: [expected.leftMouth[0] + 14, expected.leftMouth[1]],
      rightMouth: [expected.rightMouth[0] + 14, expected.rightMouth[1]],
    } as const;
    const found = fitLandmarks(face, moved);
    expect(Math.abs(found.leftEye[0] - moved.leftEye[0])).toBeLessThan(3);
  });

  it("refuses what is no crop of a face", () => {
    const flat = { width: 64, height: 40, data: new Float32Array(64 * 40 * 3) };
    expect(() => fitLandmarks(flat)).toThrow(/^fitLandmarks: face: expected a square RGB crop/);
  });
});
