/** Properties of the operations that have no outside reference: masks, fields, colour changes, blends. */
import "@roga/test-support";
import { stream } from "@roga/tensor-utils/random";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alignDonor, pointList } from "../../src/forgery/operations/align-donor.js";
import { adjustColour, meanLuma } from "../../src/forgery/operations/colour-adjust.js";
import { composite } from "../../src/forgery/operations/composite.js";
import { faceFrame, MOUTH_B, outlineOf, toFrame, toPixels } from "../../src/forgery/operations/face-frame.js";
import { gaussianBlur } from "../../src/forgery/operations/gaussian.js";
import { pyramidBlend } from "../../src/forgery/operations/laplacian-pyramid.js";
import { bendMask, ellipseMask, featherInwards } from "../../src/forgery/operations/mask.js";
import { findMouthLine } from "../../src/forgery/operations/mouth.js";
import { polygonCoverage } from "../../src/forgery/operations/polygon.js";
import { smoothField, whiteNoise } from "../../src/forgery/operations/random-field.js";
import type { Raster } from "../../src/forgery/operations/raster.js";
import { relight } from "../../src/forgery/operations/shading.js";
import { similarityAbout, similarityMap, transformPoint } from "../../src/forgery/operations/similarity.js";
import { unsharp } from "../../src/forgery/operations/unsharp.js";
import { lumaOf, rgbToYcbcr, ycbcrToRgb } from "../../src/forgery/operations/ycbcr.js";
import { canonicalLandmarks, type Point } from "../../src/image/landmarks.js";
import { fitSimilarity } from "../../src/image/similarity.js";
import { drawnFace, operations, rasterOf } from "./support.js";

const SIZE = 80;
const face = drawnFace(SIZE, 1);
const frame = faceFrame(canonicalLandmarks(SIZE));
const outline = polygonCoverage(outlineOf(frame, "innerFace"), SIZE, SIZE);

function moments(values: ArrayLike<number>): { mean: number; deviation: number } {
  let sum = 0;
  let square = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i]!;
    square += values[i]! ** 2;
  }
  const mean = sum / values.length;
  return { mean, deviation: Math.sqrt(square / values.length - mean * mean) };
}

describe("masks", () => {
  it("feathered inwards stay within the outline and reach 1 in its middle", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.2, max: 5, noNaN: true }), (sigma) => {
        const mask = featherInwards(outline, sigma);
        for (let i = 0; i < mask.data.length; i++) {
          if (outline.data[i] === 0 && mask.data[i] !== 0) throw new Error(`pixel ${i} lies outside the outline`);
        }
        const [x, y] = toPixels(frame, 0, 0.5);
        expect(mask.data[Math.round(y) * SIZE + Math.round(x)]).toBeGreaterThan(0.99);
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  it("bent keep their area roughly, and are untouched by an amplitude of 0", () => {
    expect(bendMask(outline, 0, 10, stream(1, "bend")).data).toEqual(outline.data);
    const bent = bendMask(outline, 1.5, 12, stream(1, "bend"));
    expect(bent.data).not.toEqual(outline.data);
    const area = (data: Float32Array): number => data.reduce((sum, alpha) => sum + alpha, 0);
    expect(area(bent.data) / area(outline.data)).toBeGreaterThan(0.85);
    expect(area(bent.data) / area(outline.data)).toBeLessThan(1.15);
  });

  it("elliptic end at their radii", () => {
    const mask = ellipseMask(frame, SIZE, SIZE, { centre: 0.5, across: 1, down: 1.2 });
    const at = (a: number, b: number): number => {
      const [x, y] = toPixels(frame, a, b);
      return mask.data[Math.round(y) * SIZE + Math.round(x)]!;
    };
    expect([at(0, 0.5), at(0.6, 0.5), at(1.06, 0.5), at(0, 1.76)]).toEqual([1, 1, 0, 0]);
    expect(at(0.88, 0.5)).toBeGreaterThan(0.1);
    expect(at(0.88, 0.5)).toBeLessThan(0.9);
  });
});

describe("composite", () => {
  it("is the target under 0, the content under 1, and stays within 0..1", () => {
    const content = { ...face, data: face.data.map((value) => 3 * value - 1) };
    const mask = { width: SIZE, height: SIZE, data: new Float32Array(SIZE * SIZE) };
    mask.data.fill(1, 0, 100);
    mask.data.fill(0.25, 100, 200);
    const { data } = composite(face, content, mask);
    for (let i = 0; i < 900; i++) {
      const alpha = mask.data[Math.floor(i / 3)]!;
      const wanted = Math.min(1, Math.max(0, face.data[i]! + alpha * (content.data[i]! - face.data[i]!)));
      expect(data[i]).toBeAllClose(alpha === 0 ? face.data[i]! : wanted, { atol: 1e-6 });
    }
  });
});

describe("pyramidBlend", () => {
  const source = drawnFace(SIZE, 5, [0.4, 0.5, 0.6]);
  const constant = (value: number) => ({ width: SIZE, height: SIZE, data: new Float32Array(SIZE * SIZE).fill(value) });

  it.each([0, 1, 3, 9])("with %i levels gives back the source or the target under a constant mask", (levels) => {
    expect(pyramidBlend(face, source, constant(1), levels).data).toBeAllClose(source.data, { atol: 2e-6 });
    expect(pyramidBlend(face, source, constant(0), levels).data).toBeAllClose(face.data, { atol: 2e-6 });
  });

  it("carries low frequencies across the seam further than high ones", () => {
    const flat = (value: number): Raster => ({ width: 64, height: 64, data: new Float32Array(64 * 64).fill(value) });
    const half = flat(0);
    for (let i = 0; i < half.data.length; i++) half.data[i] = i % 64 < 32 ? 0 : 1;
    // Constant pictures hold nothing but low frequencies: the step becomes a ramp.
    const blended = pyramidBlend(flat(0), flat(1), half, 3).data.subarray(32 * 64, 33 * 64);
    expect(blended[24]).toBeGreaterThan(0.05);
    expect(blended[39]).toBeLessThan(0.95);
    // A fine checkerboard keeps its sharp seam.
    const checker: Raster = { ...flat(0), data: half.data.map((_, i) => ((i + (i >> 6)) % 2 === 0 ? 0.5 : -0.5)) };
    const fine = pyramidBlend(flat(0), checker, half, 3).data.subarray(32 * 64, 33 * 64);
    expect(Math.abs(fine[28]!)).toBeLessThan(0.02);
    expect(Math.abs(fine[35]!)).toBeGreaterThan(0.48);
  });
});

describe("random fields", () => {
  it("whiteNoise is standard normal and uncorrelated", () => {
    const { data } = whiteNoise(101, 99, 3, stream(1, "noise"));
    const { mean, deviation } = moments(data);
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(deviation).toBeAllClose(1, { rtol: 0.015 });
    for (const lag of [1, 2, 3, 4, 101]) {
      let product = 0;
      for (let i = lag; i < data.length; i++) product += data[i]! * data[i - lag]!;
      expect(Math.abs(product / data.length), `lag ${lag}`).toBeLessThan(0.02);
    }
    // The normal distribution's shares within one, two and three standard deviations.
    const share = (limit: number): number => data.filter((value) => Math.abs(value) < limit).length / data.length;
    expect([share(1), share(2), share(3)]).toBeAllClose([0.6827, 0.9545, 0.9973], { atol: 0.006, rtol: 0 });
  });

  it("smoothField varies over its period and no faster", () => {
    const field = smoothField(120, 120, 1, 12, stream(2, "smooth"));
    const { deviation } = moments(field.data);
    expect(deviation).toBeGreaterThan(0.6);
    expect(deviation).toBeLessThan(1);
    let step = 0;
    for (let i = 1; i < field.data.length; i++)
      if (i % 120 !== 0) step = Math.max(step, Math.abs(field.data[i]! - field.data[i - 1]!));
    expect(step).toBeLessThan(0.6);
  });
});

describe("colour", () => {
  it("Y'CbCr goes there and back", () => {
    expect(ycbcrToRgb(rgbToYcbcr(face)).data).toBeAllClose(face.data, { atol: 1e-6 });
  });

  it("adjustColour changes luma by brightness and contrast alone, chroma by the others", () => {
    const luma = lumaOf(face).data;
    const changed = adjustColour(face, { saturation: 0.6, hue: 0.4, chromaShift: 0.05, chromaAngle: 1 });
    expect(lumaOf(changed).data).toBeAllClose(luma, { atol: 1e-6 });
    const brighter = adjustColour(face, { brightness: 0.1, contrast: 1.5, pivot: 0.4 });
    expect(lumaOf(brighter).data).toBeAllClose(
      luma.map((y) => 0.4 + 1.5 * (y - 0.4) + 0.1),
      { atol: 1e-6 },
    );
    expect(adjustColour(face, {}).data).toBeAllClose(face.data, { atol: 1e-6 });
  });

  it("adjustColour turns chroma by the hue, scales it by the saturation and moves it by the shift", () => {
    const before = rgbToYcbcr(face).data;
    const after = rgbToYcbcr(
      adjustColour(face, { saturation: 2, hue: Math.PI / 2, chromaShift: 0.1, chromaAngle: Math.PI }),
    ).data;
    for (let i = 0; i < 300; i += 3) {
      expect([after[i + 1]!, after[i + 2]!]).toBeAllClose([-2 * before[i + 2]! - 0.1, 2 * before[i + 1]!], {
        atol: 1e-6,
      });
    }
  });

  it("meanLuma weighs by the mask", () => {
    const mask = { width: SIZE, height: SIZE, data: new Float32Array(SIZE * SIZE) };
    expect(meanLuma(face, mask)).toBe(0);
    mask.data[7] = 0.25;
    mask.data[9] = 0.75;
    const luma = lumaOf(face).data;
    expect(meanLuma(face, mask)).toBeAllClose(0.25 * luma[7]! + 0.75 * luma[9]!, { rtol: 1e-6 });
  });

  it("relight scales by the distance along the light, in eye distances", () => {
    const lit = relight(face, frame, 0.1, 0).data;
    const [x, y] = toPixels(frame, 0.8, 0.6).map(Math.round) as [number, number];
    const [m0, m1] = toFrame(frame);
    const a = m0 * (x - frame.origin[0]) + m1 * (y - frame.origin[1]);
    const i = (y * SIZE + x) * 3;
    expect(lit[i]! / face.data[i]!).toBeAllClose(1 + 0.1 * a, { rtol: 1e-5 });
  });

  it("unsharp undoes nothing at amount 0, and blurs at -1", () => {
    expect(unsharp(face, 1.5, 0).data).toEqual(face.data);
    expect(unsharp(face, 1.5, -1).data).toBeAllClose(gaussianBlur(face, 1.5).data, { atol: 1e-6 });
  });
});

describe("geometry", () => {
  const points = fc.array(fc.tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 90 })), {
    minLength: 3,
    maxLength: 8,
  });

  it("fitSimilarity recovers any similarity from points that are not all the same", () => {
    fc.assert(
      fc.property(
        points.filter((list) => new Set(list.map(String)).size > 1),
        fc.double({ min: 0.3, max: 3, noNaN: true }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.integer({ min: -50, max: 50 }),
        (list, scale, angle, shift) => {
          const truth = similarityAbout([20, 30], scale, angle, shift, -shift);
          const found = fitSimilarity(
            list,
            list.map((p: Point) => transformPoint(truth, p)),
          );
          expect([found.a, found.b, found.tx, found.ty]).toBeAllClose([truth.a, truth.b, truth.tx, truth.ty], {
            rtol: 1e-6,
            atol: 1e-6,
          });
        },
      ),
      { seed: 3 },
    );
  });

  it("similarityAbout keeps its centre but for the shift, and similarityMap reads at its images", () => {
    const move = similarityAbout([10, 12], 1.5, 0.3, 2, -1);
    expect([...transformPoint(move, [10, 12])]).toBeAllClose([12, 11], { rtol: 1e-9 });
    const map = similarityMap(move, 20, 16);
    expect([map.x[5 * 20 + 7]!, map.y[5 * 20 + 7]!]).toBeAllClose([...transformPoint(move, [7, 5])], { rtol: 1e-6 });
  });

  it("the face's frame has the mouth where the constant says, and toFrame undoes toPixels", () => {
    const { leftMouth, rightMouth } = canonicalLandmarks(SIZE);
    const middle = [(leftMouth[0] + rightMouth[0]) / 2, (leftMouth[1] + rightMouth[1]) / 2];
    expect([...toPixels(frame, 0, MOUTH_B)]).toBeAllClose(middle, { rtol: 1e-9 });
    const [x, y] = toPixels(frame, -0.3, 0.9);
    const [m0, m1, m2, m3] = toFrame(frame);
    const dx = x - frame.origin[0];
    const dy = y - frame.origin[1];
    expect([m0 * dx + m1 * dy, m2 * dx + m3 * dy]).toBeAllClose([-0.3, 0.9], { rtol: 1e-9 });
  });

  it("findMouthLine finds the line of a drawn mouth that lies lower than expected", () => {
    for (const offset of [-0.12, 0, 0.12]) {
      const moved = drawnFace(128, 1, [0.72, 0.55, 0.45], [0, offset * frame.unit * (128 / SIZE)]);
      const line = findMouthLine(moved, faceFrame(canonicalLandmarks(128)));
      expect(Math.abs(line - MOUTH_B - offset)).toBeLessThan(0.05);
    }
  });

  it("gaussianBlur keeps a constant and the mean of a wide picture", () => {
    const flat = { width: 9, height: 7, data: new Float32Array(63).fill(0.3) };
    expect(gaussianBlur(flat, 2).data).toBeAllClose(flat.data, { rtol: 1e-6 });
    expect(gaussianBlur(rasterOf(operations.image), 0).data).toEqual(rasterOf(operations.image).data);
  });
});

describe("alignDonor", () => {
  const points = canonicalLandmarks(SIZE);
  const darkest = (raster: Raster, [x, y]: Point): Point => {
    // The darkest blurred pixel within 6 px: the pupil of a drawn eye.
    const plane = gaussianBlur(lumaOf(raster), 1.5);
    let best: Point = [x, y];
    let least = Number.POSITIVE_INFINITY;
    for (let v = Math.round(y) - 6; v <= y + 6; v++) {
      for (let u = Math.round(x) - 6; u <= x + 6; u++) {
        const value = plane.data[v * SIZE + u]!;
        if (value < least) {
          least = value;
          best = [u, v];
        }
      }
    }
    return best;
  };

  it("passes a donor of the same size and points through", () => {
    expect(alignDonor(face, points, points, SIZE)).toBe(face);
  });

  it("brings the points of a larger donor, standing elsewhere, onto the target's", () => {
    const larger = drawnFace(128, 4, [0.72, 0.55, 0.45], [-9, 6]);
    const at = (p: Point): Point => [(p[0] * 128) / SIZE - 9, (p[1] * 128) / SIZE + 6];
    const { leftEye, rightEye, noseTip, leftMouth, rightMouth } = points;
    const donorPoints = {
      leftEye: at(leftEye),
      rightEye: at(rightEye),
      noseTip: at(noseTip),
      leftMouth: at(leftMouth),
      rightMouth: at(rightMouth),
    };
    const aligned = alignDonor(larger, donorPoints, points, SIZE);
    for (const eye of [leftEye, rightEye]) {
      const [x, y] = darkest(aligned, eye);
      expect(Math.hypot(x - eye[0], y - eye[1])).toBeLessThan(2);
    }
  });

  it("bends by the difference of the points, but by no more than 0.3 eye distances at any", () => {
    // A donor whose values are its own coordinates shows where each pixel is read.
    const coordinates = { width: SIZE, height: SIZE, data: new Float32Array(SIZE * SIZE * 3) };
    for (let i = 0; i < SIZE * SIZE; i++) coordinates.data.set([i % SIZE, Math.floor(i / SIZE), 0], 3 * i);
    const readAt = (noseShift: number): Point => {
      // Whole pixels, so that the nodes of the map need not be interpolated.
      const whole = ([x, y]: Point): Point => [4 * Math.round(x / 4), 4 * Math.round(y / 4)];
      const target = {
        leftEye: whole(points.leftEye),
        rightEye: whole(points.rightEye),
        noseTip: whole(points.noseTip),
        leftMouth: whole(points.leftMouth),
        rightMouth: whole(points.rightMouth),
      };
      const [x, y] = target.noseTip;
      const misled = { ...target, noseTip: [x + noseShift, y] as const };
      const aligned = alignDonor(coordinates, misled, target, SIZE);
      const from = pointList(target);
      const rigid = transformPoint(fitSimilarity(from, pointList(misled)), target.noseTip);
      const i = (y * SIZE + x) * 3;
      return [aligned.data[i]! - rigid[0], aligned.data[i + 1]! - rigid[1]];
    };
    const limit = 0.3 * 16; // the eyes of the rounded points lie 16 px apart
    // One point of five moves the similarity by about a fifth of its own shift.
    expect(Math.hypot(...readAt(3))).toBeGreaterThan(2);
    expect(Math.hypot(...readAt(3))).toBeLessThan(3);
    // The bicubic kernel reads a ramp to within two percent of a step.
    expect(Math.hypot(...readAt(30))).toBeAllClose(limit, { rtol: 0.02 });
  });
});
