/** What makes each family what it is, measured on its forgeries. */
import "@roga/test-support";
import { stream } from "@roga/tensor-utils/random";
import { describe, expect, it } from "vitest";
import { forgeDiffusionLike } from "../../src/forgery/families/diffusion-like.js";
import { forgeSelfBlended } from "../../src/forgery/families/self-blended.js";
import { type Forgery, type ForgeryFamily, forge } from "../../src/forgery/index.js";
import { faceFrame, MOUTH_B, toPixels } from "../../src/forgery/operations/face-frame.js";
import { fft2 } from "../../src/forgery/operations/fft.js";
import { gaussianBlur } from "../../src/forgery/operations/gaussian.js";
import { expressionWarp } from "../../src/forgery/operations/mouth.js";
import { noiseLevel } from "../../src/forgery/operations/noise-level.js";
import type { Raster } from "../../src/forgery/operations/raster.js";
import { lumaOf } from "../../src/forgery/operations/ycbcr.js";
import { drawParameters } from "../../src/forgery/parameters.js";
import type { GrayImage, RgbImage } from "../../src/image/image.js";
import { canonicalLandmarks } from "../../src/image/landmarks.js";
import { drawnFace } from "./support.js";

const SIZE = 96;
const face = drawnFace(SIZE, 1);
const donor = drawnFace(SIZE, 2, [0.55, 0.38, 0.28]);
const frame = faceFrame(canonicalLandmarks(SIZE));
const SEEDS = [0, 1, 2, 3, 4, 5];

function forgeries(family: ForgeryFamily): Forgery[] {
  return SEEDS.map((seed) => forge(family, face, { donor, stream: stream(seed, "families") }));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Values of a raster where the mask is at least `least`. */
function within(raster: Raster, mask: GrayImage, least = 0.95): number[] {
  const channels = raster.data.length / mask.data.length;
  return Array.from(raster.data).filter((_, i) => mask.data[Math.floor(i / channels)]! >= least);
}

/** Mean squared luma detail finer than about `sigma` px under the mask. */
function detail(image: RgbImage, mask: GrayImage, sigma: number): number {
  const plane = lumaOf(image);
  const low = gaussianBlur(plane, sigma);
  for (let i = 0; i < low.data.length; i++) low.data[i] = (plane.data[i]! - low.data[i]!) ** 2;
  return mean(within(low, mask));
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const ma = mean(a);
  const mb = mean(b);
  const cov = mean(a.map((value, i) => (value - ma) * (b[i]! - mb)));
  return cov / Math.sqrt(mean(a.map((v) => (v - ma) ** 2)) * mean(b.map((v) => (v - mb) ** 2)));
}

/** Share of the mask's pixels that are neither in nor out. */
function softShare(mask: GrayImage): number {
  const support = mask.data.filter((alpha) => alpha > 0).length;
  return mask.data.filter((alpha) => alpha > 0.02 && alpha < 0.98).length / support;
}

/** Mask value at frame coordinates. */
function maskAt(mask: GrayImage, a: number, b: number): number {
  const [x, y] = toPixels(frame, a, b);
  return mask.data[Math.round(y) * mask.width + Math.round(x)]!;
}

/** Power of a luma plane's spectrum. */
function spectrum(image: RgbImage): { width: number; power: Float64Array } {
  const { data, width, height } = lumaOf(image);
  const re = Float64Array.from(data);
  const im = new Float64Array(re.length);
  fft2({ width, height, re, im });
  return { width, power: re.map((value, i) => value * value + im[i]! * im[i]!) };
}

describe("deepfakes", () => {
  it("loses fine detail, takes after the donor, and has a soft edge", () => {
    for (const { image, mask } of forgeries("deepfakes")) {
      expect(detail(image, mask, 1) / detail(face, mask, 1)).toBeLessThan(0.7);
      expect(softShare(mask)).toBeGreaterThan(0.25);
    }
    // Averages over forgeries move towards the donor's features: a donor with other brows shows in the difference.
    const other = drawnFace(SIZE, 2, [0.55, 0.38, 0.28], [0, 6]);
    for (const seed of SEEDS) {
      const { image, mask } = forge("deepfakes", face, { donor: other, stream: stream(seed, "families") });
      const change = image.data.map((value, i) => value - face.data[i]!);
      const wanted = other.data.map((value, i) => value - face.data[i]!);
      expect(
        correlation(within({ ...image, data: change }, mask), within({ ...image, data: wanted }, mask)),
      ).toBeGreaterThan(0.4);
    }
  });
});

describe("face2face", () => {
  it("opens the mouth by the drawn distance", () => {
    const rows = Math.hypot(...frame.down);
    for (const opening of [0.08, 0.16, 0.24]) {
      const warp = expressionWarp(frame, SIZE, SIZE, { opening, smile: 0, asymmetry: 0, line: MOUTH_B });
      const [column] = toPixels(frame, 0, MOUTH_B);
      let height = 0;
      for (let y = 0; y < SIZE; y++) height += warp.inside[y * SIZE + Math.round(column)]!;
      expect(height).toBeGreaterThan(opening * rows - 0.7);
      expect(height).toBeLessThan(opening * rows + 1.1);
    }
  });

  it("moves the corners of the mouth by the smile, and nothing by a neutral expression", () => {
    const at = (smile: number): [number, number] => {
      const warp = expressionWarp(frame, SIZE, SIZE, { opening: 0, smile, asymmetry: 0, line: MOUTH_B });
      const [x, y] = toPixels(frame, 0.42, MOUTH_B);
      const i = Math.round(y) * SIZE + Math.round(x);
      return [warp.map.x[i]! - (i % SIZE), warp.map.y[i]! - Math.floor(i / SIZE)];
    };
    expect(at(0)).toBeAllClose([0, 0], { atol: 1e-6 });
    const [dx, dy] = at(0.1);
    // The corner's content comes from nearer to the middle and from below, a tenth of the eye distance each.
    expect(dx).toBeAllClose(-0.1 * frame.unit, { rtol: 0.1 });
    expect(dy).toBeAllClose(0.1 * frame.unit, { rtol: 0.1 });
  });

  it("changes the mouth and leaves the eyes", () => {
    for (const { image, mask } of forgeries("face2face")) {
      expect(maskAt(mask, -0.5, 0)).toBe(0);
      expect(maskAt(mask, 0.5, 0)).toBe(0);
      expect(maskAt(mask, 0, MOUTH_B)).toBe(1);
      const mouth = within({ ...image, data: image.data.map((value, i) => Math.abs(value - face.data[i]!)) }, mask);
      expect(mouth.filter((change) => change > 0.1).length).toBeGreaterThan(20);
    }
  });
});

describe("faceswap", () => {
  it("has a hard edge, the donor's face, and the target's colours", () => {
    const other = drawnFace(SIZE, 2, [0.5, 0.36, 0.3], [2, 4]);
    for (const seed of SEEDS) {
      const { image, mask } = forge("faceswap", face, { donor: other, stream: stream(seed, "families") });
      expect(softShare(mask)).toBeLessThan(0.23);
      const inside = within(image, mask);
      expect(correlation(inside, within(other, mask))).toBeGreaterThan(correlation(inside, within(face, mask)));
      const distance = (a: RgbImage): number => Math.abs(mean(within(a, mask)) - mean(inside));
      expect(distance(face)).toBeLessThan(distance(other));
    }
  });
});

describe("neuraltextures", () => {
  it("stays around the mouth and replaces its texture", () => {
    for (const { image, mask, parameters } of forgeries("neuraltextures")) {
      for (const [a, b] of [
        [-0.5, 0],
        [0.5, 0],
        [0, 0.3],
      ] as const)
        expect(maskAt(mask, a, b)).toBe(0);
      expect(maskAt(mask, 0, MOUTH_B)).toBe(1);
      const difference = { ...image, data: image.data.map((value, i) => value - face.data[i]!) };
      expect(Math.sqrt(mean(within(difference, mask).map((d) => d * d)))).toBeGreaterThan(0.5 * parameters.texture!);
    }
  });
});

describe("self-blended", () => {
  const neutral = {
    brightness: 0,
    contrast: 1,
    saturation: 1,
    hue: 0,
    sharpening: 0,
    shiftX: 0,
    shiftY: 0,
    zoom: 1,
    part: 0,
    scale: 1,
    bend: 0.05,
    feather: 0.1,
    blendRatio: 0.5,
  };
  const input = { face, frame, stream: stream(1, "self-blended") };

  it("is the face itself when no change is drawn, under a mask of the blend ratio", () => {
    const { content, mask } = forgeSelfBlended(input, neutral);
    expect(content.data).toBeAllClose(face.data, { atol: 1e-5 });
    expect(mask.data.reduce((most, alpha) => Math.max(most, alpha), 0)).toBeCloseTo(0.5, 6);
  });

  it("moves the copy by the drawn shift", () => {
    const { content } = forgeSelfBlended(input, { ...neutral, shiftX: 3 / frame.unit, shiftY: -2 / frame.unit });
    const at = (data: Float32Array, x: number, y: number): number => data[(y * SIZE + x) * 3]!;
    for (const [x, y] of [
      [40, 40],
      [50, 70],
    ] as const) {
      expect(at(content.data, x + 3, y - 2)).toBeCloseTo(at(face.data, x, y), 4);
    }
  });

  it("resembles the face closely", () => {
    for (const { image, mask } of forgeries("self-blended")) {
      const least = 0.9 * mask.data.reduce((most, alpha) => Math.max(most, alpha), 0);
      expect(correlation(within(image, mask, least), within(face, mask, least))).toBeGreaterThan(0.8);
    }
  });
});

describe("gan-upsampling", () => {
  it("raises the spectrum at the replicas' frequencies above its surroundings", () => {
    const peak = ({ width, power }: ReturnType<typeof spectrum>, u: number, v: number): number => {
      // Against the median of the neighbours that lie off the peak.
      const around: number[] = [];
      for (let dv = -3; dv <= 3; dv++) {
        for (let du = -3; du <= 3; du++) {
          if (Math.max(Math.abs(du), Math.abs(dv)) < 2) continue;
          around.push(power[((v + dv + SIZE) % SIZE) * width + ((u + du + SIZE) % SIZE)]!);
        }
      }
      around.sort((a, b) => a - b);
      return power[v * width + u]! / around[around.length >> 1]!;
    };
    const half = SIZE / 2;
    const quarter = SIZE / 4;
    const before = spectrum(face);
    for (const { image } of forgeries("gan-upsampling")) {
      const after = spectrum(image);
      for (const [u, v] of [
        [half, 0],
        [0, half],
        [quarter, 0],
        [0, quarter],
      ] as const) {
        expect(peak(after, u, v)).toBeGreaterThan(3 * Math.max(1, peak(before, u, v)));
      }
    }
  });

  it("covers the whole crop and loses detail away from the peaks", () => {
    for (const { image, mask, parameters } of forgeries("gan-upsampling")) {
      expect(mask.data.every((alpha) => alpha === 1)).toBe(true);
      const before = spectrum(face);
      const after = spectrum(image);
      let kept = 0;
      let had = 0;
      for (let v = 30; v < 44; v++) {
        for (let u = 30; u < 44; u++) {
          kept += after.power[v * SIZE + u]!;
          had += before.power[v * SIZE + u]!;
        }
      }
      expect(kept / had).toBeLessThan(1);
      expect(Math.sqrt(kept / had)).toBeLessThan(parameters.detail! + 0.1);
    }
  });

  it("takes sides that no power of two divides", () => {
    const odd = drawnFace(67, 3);
    const { image } = forge("gan-upsampling", odd, { stream: stream(1, "odd") });
    expect(image.data.length).toBe(67 * 67 * 3);
    expect(correlation(Array.from(image.data), Array.from(odd.data))).toBeGreaterThan(0.95);
  });
});

describe("diffusion-like", () => {
  it("replaces the camera's noise by noise without the highest frequencies", () => {
    for (const { image, mask } of forgeries("diffusion-like")) {
      // Second differences weigh the highest frequencies most.
      const checker = (picture: RgbImage): number => {
        const { data } = lumaOf(picture);
        const responses: number[] = [];
        for (let y = 1; y < SIZE - 1; y++) {
          for (let x = 1; x < SIZE - 1; x++) {
            const i = y * SIZE + x;
            if (mask.data[i]! < 0.95) continue;
            responses.push((data[i]! - data[i + 1]! - data[i + SIZE]! + data[i + SIZE + 1]!) ** 2);
          }
        }
        // The median: skin, not the edges of the features.
        return responses.sort((p, q) => p - q)[responses.length >> 1]!;
      };
      expect(checker(image) / checker(face)).toBeLessThan(0.4);
    }
  });

  it("puts on noise of the drawn level, slope and cutoff", () => {
    const input = { face, frame, stream: stream(1, "diffusion") };
    const { parameters } = forge("diffusion-like", face, { stream: stream(1, "diffusion") });
    const drawn = { ...drawParameters("diffusion-like", stream(1, "diffusion")), noiseSlope: 1, noiseCutoff: 0.5 };
    expect(drawn.reach).toBe(parameters.reach);
    const quiet = forgeDiffusionLike(input, { ...drawn, noiseGain: 0 }).content;
    const noisy = forgeDiffusionLike(input, { ...drawn, noiseGain: 0.8 });
    const added = { ...face, data: noisy.content.data.map((value, i) => value - quiet.data[i]!) };
    const level = noiseLevel(lumaOf(face), noisy.mask);
    expect(Math.sqrt(mean(Array.from(added.data, (value) => value * value)))).toBeAllClose(0.8 * level, { rtol: 0.01 });
    const { power } = spectrum(added);
    // Amplitude falls with frequency, so power at three times the frequency is a ninth; beyond the cutoff it is gone.
    const band = (from: number, to: number): number => {
      const values: number[] = [];
      for (let v = 0; v < SIZE / 2; v++) {
        for (let u = 0; u < SIZE / 2; u++) {
          const frequency = Math.hypot(u, v) / (SIZE / 2);
          if (frequency >= from && frequency < to) values.push(power[v * SIZE + u]!);
        }
      }
      return mean(values);
    };
    expect(band(0.1, 0.14) / band(0.3, 0.42)).toBeAllClose(9, { rtol: 0.35 });
    expect(band(0.8, 1) / band(0.3, 0.42)).toBeLessThan(0.001);
  });
});

describe("celeb-blend", () => {
  it("matches the target's colours and hides the seam better than faceswap", () => {
    /** Mean luma step that the forgery adds between neighbours where its mask begins. */
    const seam = ({ image, mask }: Forgery): number => {
      const { data } = lumaOf(image);
      const own = lumaOf(face).data;
      const steps: number[] = [];
      for (let i = 0; i < data.length - SIZE; i++) {
        for (const next of [i + 1, i + SIZE]) {
          if (mask.data[i]! >= 0.5 === mask.data[next]! >= 0.5) continue;
          steps.push(Math.abs(data[i]! - data[next]! - (own[i]! - own[next]!)));
        }
      }
      return mean(steps);
    };
    const blends = forgeries("celeb-blend");
    expect(mean(blends.map(seam))).toBeLessThan(0.8 * mean(forgeries("faceswap").map(seam)));
    for (const { image, mask } of blends) {
      const colour = (picture: RgbImage, c: number): number =>
        mean(within(picture, mask).filter((_, i) => i % 3 === c));
      for (let c = 0; c < 3; c++) {
        expect(Math.abs(colour(image, c) - colour(face, c))).toBeLessThan(
          0.3 * Math.abs(colour(donor, c) - colour(face, c)),
        );
      }
    }
  });
});
