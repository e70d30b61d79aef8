/** Rasters of the fixture file, and a drawn face for the tests of families. */

import { stream } from "@roga/tensor-utils/random";
import { readFixture } from "@roga/test-support";
import { faceFrame, toFrame } from "../../src/forgery/operations/face-frame.js";
import { whiteNoise } from "../../src/forgery/operations/random-field.js";
import type { Raster } from "../../src/forgery/operations/raster.js";
import { type RgbImage, rgbImage } from "../../src/image/image.js";
import { canonicalLandmarks } from "../../src/image/landmarks.js";

export interface FixtureRaster {
  readonly width: number;
  readonly height: number;
  readonly values: readonly number[];
}

export function rasterOf({ width, height, values }: FixtureRaster): Raster {
  return { width, height, data: Float32Array.from(values) };
}

interface Operations {
  readonly image: FixtureRaster;
  readonly other: FixtureRaster;
  readonly plane: FixtureRaster;
  readonly patch: FixtureRaster;
  readonly gaussian: (FixtureRaster & { sigma: number })[];
  readonly box: (FixtureRaster & { radius: number })[];
  readonly guided: (FixtureRaster & { radius: number; epsilon: number })[];
  readonly resize: (FixtureRaster & { filter: "bilinear" | "bicubic" })[];
  readonly remap: {
    x: number[];
    y: number[];
    results: (FixtureRaster & { sampling: "bilinear" | "bicubic" })[];
  };
  readonly points: {
    from: [number, number][];
    to: [number, number][];
    similarity: number[];
    probes: [number, number][];
    spline: [number, number][];
  };
  readonly polygon: {
    cloud: [number, number][];
    hull: [number, number][];
    corners: [number, number][];
    coverage: FixtureRaster;
  };
  readonly colour: { rgb: number[]; lab: number[]; mask: number[]; strength: number; transferred: FixtureRaster };
  readonly jpeg: {
    block: number[];
    dct: number[];
    photo: FixtureRaster;
    photo8: FixtureRaster;
    qualities: Record<
      string,
      { luminance: number[]; chrominance: number[]; ours: FixtureRaster; pillow: number[]; pillowHalved: number[] }
    >;
  };
  readonly fft: {
    width: number;
    height: number;
    re: number[];
    im: number[];
    spectrumRe: number[];
    spectrumIm: number[];
  }[];
  readonly noiseLevel: number;
  readonly pyramid: { reduced: FixtureRaster; expanded: FixtureRaster };
  readonly membrane: { unknown: number[]; known: FixtureRaster; solved: FixtureRaster };
  readonly transposed: (FixtureRaster & { stride: number; kernel: number[] })[];
}

/** What NumPy, SciPy, PyTorch, scikit-image and Pillow make of small pictures. */
export const operations = readFixture<Operations>(import.meta.url, "fixtures/operations.json");

/** Parts of the drawn face: centre and radii in frame coordinates, and how much the colours change there. */
const PARTS: readonly (readonly [a: number, b: number, across: number, down: number, change: number])[] = [
  [-0.5, 0, 0.16, 0.08, -0.4],
  [0.5, 0, 0.16, 0.08, -0.4],
  [-0.5, -0.3, 0.27, 0.05, -0.25],
  [0.5, -0.3, 0.27, 0.05, -0.25],
  [-0.17, 0.68, 0.07, 0.04, -0.2],
  [0.17, 0.68, 0.07, 0.04, -0.2],
  [0, 1.154, 0.4, 0.09, -0.12],
  [0, 1.154, 0.36, 0.025, -0.2],
  [0, 0.35, 0.1, 0.3, 0.05],
];

/**
 * A drawn face at the canonical place with skin of the given colour, a darker background and camera noise.
 * @param shift How far the face is moved, in pixels.
 */
export function drawnFace(
  size: number,
  seed: number,
  skin: readonly [number, number, number] = [0.72, 0.55, 0.45],
  shift: readonly [number, number] = [0, 0],
): RgbImage {
  const image = rgbImage(size, size);
  const frame = faceFrame(canonicalLandmarks(size));
  const [m0, m1, m2, m3] = toFrame(frame);
  const noise = whiteNoise(size, size, 3, stream(seed, "drawn face"));
  const edge = (distance: number): number => Math.min(1, Math.max(0, 0.5 + (1 - distance) * 6));
  for (let y = 0, i = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const dx = x - shift[0] - frame.origin[0];
      const dy = y - shift[1] - frame.origin[1];
      const a = m0 * dx + m1 * dy;
      const b = m2 * dx + m3 * dy;
      const face = edge(Math.hypot(a / 1.1, (b - 0.5) / 1.35));
      let change = 0.05 * a;
      for (const [pa, pb, across, down, value] of PARTS) {
        change += value * edge(Math.hypot((a - pa) / across, (b - pb) / down));
      }
      for (let c = 0; c < 3; c++, i++) {
        const background = 0.25 + 0.1 * Math.sin(0.2 * x + c);
        const value = background + face * (skin[c]! + change - background) + 0.02 * noise.data[i]!;
        image.data[i] = Math.min(1, Math.max(0, value));
      }
    }
  }
  return image;
}
