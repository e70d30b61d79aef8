/** What holds for every family: masks, ranges, determinism, parameters, and the errors of a request that cannot be met. */
import { stream } from "@roga/tensor-utils/random";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ForgeryError,
  type ForgeryFamily,
  forge,
  forgeryFamilies,
  forgeryParameters,
  needsDonor,
} from "../../src/forgery/index.js";
import type { RgbImage } from "../../src/image/image.js";
import { canonicalLandmarks, type FivePoints } from "../../src/image/landmarks.js";
import { drawnFace } from "./support.js";

const SIZES = [48, 64, 97] as const;
const faces = new Map(SIZES.map((size) => [size, drawnFace(size, 1)]));
const donor = drawnFace(72, 2, [0.6, 0.42, 0.33]);

/** Share of the crop that each family's mask covers, as a mean of its values. */
const AREAS: Record<ForgeryFamily, readonly [least: number, most: number]> = {
  deepfakes: [0.08, 0.3],
  face2face: [0.04, 0.18],
  faceswap: [0.13, 0.33],
  neuraltextures: [0.02, 0.12],
  "self-blended": [0.01, 0.33],
  "gan-upsampling": [1, 1],
  "diffusion-like": [0.2, 0.95],
  "celeb-blend": [0.08, 0.3],
};

/** Mean change of a value under the mask that every forgery exceeds: about half a grey level of 255. */
const LEAST_CHANGE = 0.002;

function made(family: ForgeryFamily, size: (typeof SIZES)[number], seed: number) {
  return forge(family, faces.get(size)!, { donor, stream: stream(seed, "forge test") });
}

describe.each(forgeryFamilies)("%s", (family) => {
  it("changes the picture under its mask and nowhere else, within 0..1", () => {
    fc.assert(
      fc.property(fc.constantFrom(...SIZES), fc.integer({ min: 0, max: 1e6 }), (size, seed) => {
        const face = faces.get(size)!;
        const { image, mask } = made(family, size, seed);
        expect([image.width, image.height, mask.width, mask.height]).toEqual([size, size, size, size]);
        expect(mask.data.length).toBe(size * size);
        let sum = 0;
        let change = 0;
        for (let i = 0; i < mask.data.length; i++) {
          const alpha = mask.data[i]!;
          if (!(alpha >= 0 && alpha <= 1)) throw new Error(`mask value ${alpha}`);
          sum += alpha;
          for (let c = 3 * i; c < 3 * i + 3; c++) {
            const value = image.data[c]!;
            if (!(value >= 0 && value <= 1)) throw new Error(`pixel value ${value}`);
            if (alpha === 0 && value !== face.data[c]) throw new Error(`pixel ${i} changed outside the mask`);
            change += Math.abs(value - face.data[c]!) / 3;
          }
        }
        const [least, most] = AREAS[family];
        expect(sum / mask.data.length).toBeGreaterThanOrEqual(least);
        expect(sum / mask.data.length).toBeLessThanOrEqual(most);
        expect(change / sum).toBeGreaterThan(LEAST_CHANGE);
      }),
      { numRuns: 8, seed: 4 },
    );
  });

  it("is the same for the same stream path, whatever was drawn before, and another for another", () => {
    const moved = stream(5, "forge test");
    moved.uniform();
    const again = forge(family, faces.get(64)!, { donor, stream: moved });
    const first = made(family, 64, 5);
    expect(again).toEqual(first);
    expect(first.family).toBe(family);
    const other = made(family, 64, 6);
    expect(other.parameters).not.toEqual(first.parameters);
    expect(other.image.data).not.toEqual(first.image.data);
  });

  it("reports every parameter of its table, drawn from its range", () => {
    const ranges = forgeryParameters[family];
    for (let seed = 0; seed < 5; seed++) {
      const { parameters } = made(family, 48, seed);
      expect(Object.keys(parameters)).toEqual(Object.keys(ranges));
      for (const [name, { low, high, whole }] of Object.entries(ranges)) {
        expect(low, name).toBeLessThan(high);
        expect(parameters[name], name).toBeGreaterThanOrEqual(low);
        expect(parameters[name], name).toBeLessThanOrEqual(high);
        if (whole) expect(Number.isInteger(parameters[name]), name).toBe(true);
      }
    }
  });

  it("leaves its inputs alone", () => {
    const face = faces.get(64)!;
    const before = [face.data.slice(), donor.data.slice()];
    made(family, 64, 9);
    expect([face.data, donor.data]).toEqual(before);
  });
});

describe("landmarks", () => {
  const size = 96;
  const moved = (points: FivePoints, dx: number, dy: number): FivePoints => ({
    leftEye: [points.leftEye[0] + dx, points.leftEye[1] + dy],
    rightEye: [points.rightEye[0] + dx, points.rightEye[1] + dy],
    noseTip: [points.noseTip[0] + dx, points.noseTip[1] + dy],
    leftMouth: [points.leftMouth[0] + dx, points.leftMouth[1] + dy],
    rightMouth: [points.rightMouth[0] + dx, points.rightMouth[1] + dy],
  });

  it("move the mask with the face", () => {
    const centre = (landmarks: FivePoints): [number, number] => {
      const { mask } = forge("faceswap", drawnFace(size, 1), { donor, landmarks, stream: stream(3, "centre") });
      let weight = 0;
      let x = 0;
      let y = 0;
      mask.data.forEach((alpha, i) => {
        weight += alpha;
        x += alpha * (i % size);
        y += alpha * Math.floor(i / size);
      });
      return [x / weight, y / weight];
    };
    const base = centre(canonicalLandmarks(size));
    const shifted = centre(moved(canonicalLandmarks(size), 7, -5));
    expect(shifted[0] - base[0]).toBeCloseTo(7, 1);
    expect(shifted[1] - base[1]).toBeCloseTo(-5, 1);
  });

  it("of the donor bring its features onto the face's", () => {
    // The donor stands 8 px to the left; told so, its eye lands where the face's eye is.
    const away = drawnFace(size, 2, [0.6, 0.42, 0.33], [-8, 0]);
    const eye = canonicalLandmarks(size).leftEye;
    const darkness = (donorLandmarks: FivePoints): number => {
      const { image } = forge("faceswap", drawnFace(size, 1), {
        donor: away,
        donorLandmarks,
        stream: stream(3, "eye"),
      });
      return image.data[(Math.round(eye[1]) * size + Math.round(eye[0])) * 3]!;
    };
    const told = darkness(moved(canonicalLandmarks(size), -8, 0));
    const untold = darkness(canonicalLandmarks(size));
    expect(told).toBeLessThan(untold - 0.2);
  });
});

describe("errors", () => {
  const face = faces.get(64)!;
  const options = { donor, stream: stream(1, "errors") };
  const blank = (width: number, height: number, values = width * height * 3): RgbImage => ({
    width,
    height,
    data: new Float32Array(values),
  });

  it.each(forgeryFamilies)("%s asks for a donor exactly where it needs one", (family) => {
    const attempt = (): unknown => forge(family, face, { stream: stream(1, "errors") });
    if (needsDonor(family)) {
      expect(attempt).toThrow(new ForgeryError(family, "donor", "expected another face to take from, got none"));
    } else {
      expect(attempt).not.toThrow();
    }
  });

  it("name the families that take a donor", () => {
    expect(forgeryFamilies.filter(needsDonor)).toEqual(["deepfakes", "faceswap", "celeb-blend"]);
  });

  it("refuse a family that does not exist", () => {
    // A name from a configuration file is not checked by the compiler.
    const name = "deepfake" as ForgeryFamily;
    expect(() => forge(name, face, options)).toThrow(/deepfake: family: expected one of deepfakes, .*, got "deepfake"/);
  });

  it.each([
    ["face", blank(64, 60), donor],
    ["face", blank(47, 47), donor],
    ["face", blank(64, 64, 64 * 64), donor],
    ["donor", face, blank(80, 64)],
  ])("refuse a %s that is not a square crop of at least 48 px", (option, image, other) => {
    expect(() => forge("faceswap", image, { ...options, donor: other })).toThrow(
      new RegExp(`^faceswap: ${option}: expected a square RGB crop of at least 48 x 48 px, got`),
    );
  });

  const points = canonicalLandmarks(64);
  it.each([
    [
      "upside down",
      {
        ...points,
        leftEye: points.leftMouth,
        rightEye: points.rightMouth,
        leftMouth: points.leftEye,
        rightMouth: points.rightEye,
      },
    ],
    ["not numbers", { ...points, noseTip: [Number.NaN, 3] as const }],
    ["off the crop", { ...points, leftEye: [-3, 20] as const }],
    ["on one another", { ...points, noseTip: points.leftEye }],
  ])("refuse landmarks that are %s", (_, landmarks) => {
    expect(() => forge("face2face", face, { ...options, landmarks })).toThrow(
      /^face2face: landmarks: expected five points/,
    );
    expect(() => forge("faceswap", face, { ...options, donorLandmarks: landmarks })).toThrow(
      /faceswap: donorLandmarks: /,
    );
  });
});
