/**
 * The camera of a video: lens blur, exposure, white balance, photon and read noise, tone curve, sharpening. Noise follows
 * the usual sensor model, variance = gain * signal + read^2 in linear light (Foi et al., "Practical Poissonian-Gaussian
 * noise modeling and fitting for single-image raw-data", TIP 2008), before the sRGB encoding. Compression is left to the
 * caller.
 */
import type { RandomStream } from "@roga/tensor-utils/random";
import { clamp, mix } from "./curves.js";
import { hashBits } from "./noise.js";

/** The camera of one video. */
export interface Sensor {
  /** Standard deviation of the lens blur, in 1/256 of the crop's side. */
  readonly blur: number;
  /** Factors on linear red, green and blue: exposure and white balance. */
  readonly gains: readonly [number, number, number];
  /** Photon noise: variance per unit of linear signal at 128 px. */
  readonly photon: number;
  /** Read noise: standard deviation of linear signal at 128 px. */
  readonly read: number;
  /** Share of noise that colour channels do not share. */
  readonly chroma: number;
  readonly contrast: number;
  readonly saturation: number;
  readonly vignette: number;
  /** Strength of the camera's own sharpening. */
  readonly sharpening: number;
}

/** The camera that a stream draws, exposed for skin of the given mean linear green reflectance. */
export function drawSensor(random: RandomStream, reflectance: number): Sensor {
  const draw = (name: string, low: number, high: number): number => random.child(name).uniform(low, high);
  // Automatic exposure meets dark skin part of the way.
  const exposure = 1.06 * (0.33 / (reflectance + 0.02)) ** 0.26 * 2 ** draw("exposure", -0.32, 0.26);
  const warmth = random.child("whiteBalance").normal(0, 0.035);
  const magenta = random.child("tint").normal(0, 0.015);
  const iso = draw("iso", 0, 1) ** 2;
  return {
    blur: mix(0.4, 1.25, draw("blur", 0, 1) ** 1.5),
    gains: [exposure * (1 + warmth + magenta), exposure * (1 - magenta), exposure * (1 - warmth + magenta)],
    photon: mix(0.00008, 0.0006, iso),
    read: mix(0.001, 0.0045, iso),
    chroma: draw("chroma", 0.35, 0.8),
    contrast: draw("contrast", 0.1, 0.55),
    saturation: draw("saturation", 0.9, 1.15),
    vignette: draw("vignette", 0, 0.16),
    sharpening: draw("sharpening", 0, 0.45),
  };
}

/** Turns linear radiance (`size` x `size`, RGB, changed in place) into the sRGB-encoded picture, 0 to 1. */
export function expose(radiance: Float32Array, size: number, sensor: Sensor, noiseSeed: number): Float32Array {
  const sigma = (sensor.blur * size) / 256;
  gaussianBlur(radiance, size, sigma);
  const picture = new Float32Array(radiance.length);
  const curve = toneCurve(sensor.contrast);
  // At less than 128 px several photosites share a pixel, and their noise averages out.
  const scale = Math.min(1, size / 128);
  const { gains, photon, read, chroma } = sensor;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = 3 * (y * size + x);
      const rim = ((x + 0.5) / size - 0.5) ** 2 + ((y + 0.5) / size - 0.5) ** 2;
      const fall = 1 - 2 * sensor.vignette * rim;
      const shared = gaussian(x, y, noiseSeed);
      for (let c = 0; c < 3; c++) {
        const signal = radiance[at + c]! * gains[c]! * fall;
        const own = gaussian(x, y, noiseSeed + 1 + c);
        const noise = chroma * own + Math.sqrt(1 - chroma * chroma) * shared;
        const noisy = signal + scale * Math.sqrt(photon * signal + read * read) * noise;
        picture[at + c] = encode(curve, noisy);
      }
      const luma = 0.299 * picture[at]! + 0.587 * picture[at + 1]! + 0.114 * picture[at + 2]!;
      for (let c = 0; c < 3; c++) picture[at + c] = luma + (picture[at + c]! - luma) * sensor.saturation;
    }
  }
  sharpen(picture, size, sensor.sharpening);
  for (let i = 0; i < picture.length; i++) picture[i] = clamp(picture[i]!, 0, 1);
  return picture;
}

/** Entries of the table of the tone curve, which is looked up by the square root of the linear value, up to 4. */
const CURVE_ENTRIES = 1024;

/** The tone curve: sRGB with a shoulder that rolls off highlights and a slight S-curve. */
function toneCurve(contrast: number): Float32Array {
  return Float32Array.from({ length: CURVE_ENTRIES + 2 }, (_, i) => {
    const x = ((2 * i) / CURVE_ENTRIES) ** 2;
    const rolled = x < 0.6 ? x : 0.6 + 0.4 * (1 - Math.exp(-(x - 0.6) / 0.4));
    const s = rolled <= 0.0031308 ? 12.92 * rolled : 1.055 * rolled ** (1 / 2.4) - 0.055;
    return s + contrast * 0.42 * s * (1 - s) * (2 * s - 1);
  });
}

function encode(curve: Float32Array, linear: number): number {
  const at = Math.min(CURVE_ENTRIES, Math.sqrt(Math.max(0, linear)) * (CURVE_ENTRIES / 2));
  const i = at | 0;
  return curve[i]! + (curve[i + 1]! - curve[i]!) * (at - i);
}

/** A number of mean 0 and standard deviation 1: the sum of four uniform bytes of one hash, which is near enough to normal. */
function gaussian(x: number, y: number, seed: number): number {
  const bits = hashBits(x, y, seed);
  const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
  return (sum - 510) / 147.8;
}

/** Separable Gaussian blur in place, edges repeated; does nothing below a sigma of 0.15 pixels. */
function gaussianBlur(image: Float32Array, size: number, sigma: number): void {
  if (sigma < 0.15) return;
  const radius = Math.ceil(2.5 * sigma);
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2));
  const total = kernel.reduce((sum, k) => sum + k, 0);
  const weights = Float64Array.from(kernel, (k) => k / total);
  const line = new Float32Array(size + 2 * radius);
  for (const [step, across] of [
    [3, 3 * size],
    [3 * size, 3],
  ] as const) {
    for (let row = 0; row < size; row++) {
      for (let c = 0; c < 3; c++) {
        const first = row * across + c;
        for (let i = -radius; i < size + radius; i++) line[i + radius] = image[first + clamp(i, 0, size - 1) * step]!;
        for (let i = 0; i < size; i++) {
          let sum = 0;
          for (let k = 0; k <= 2 * radius; k++) sum += weights[k]! * line[i + k]!;
          image[first + i * step] = sum;
        }
      }
    }
  }
}

/** Unsharp masking of the luma with a 3 x 3 box, in place; the outermost pixels stay. */
function sharpen(image: Float32Array, size: number, strength: number): void {
  if (strength <= 0) return;
  const luma = new Float32Array(size * size);
  for (let i = 0; i < luma.length; i++) {
    luma[i] = 0.299 * image[3 * i]! + 0.587 * image[3 * i + 1]! + 0.114 * image[3 * i + 2]!;
  }
  for (let y = 1; y < size - 1; y++) {
    for (let x = 1; x < size - 1; x++) {
      const at = y * size + x;
      let sum = luma[at - 1]! + luma[at]! + luma[at + 1]!;
      sum += luma[at - size - 1]! + luma[at - size]! + luma[at - size + 1]!;
      sum += luma[at + size - 1]! + luma[at + size]! + luma[at + size + 1]!;
      const detail = strength * (luma[at]! - sum / 9);
      image[3 * at] = image[3 * at]! + detail;
      image[3 * at + 1] = image[3 * at + 1]! + detail;
      image[3 * at + 2] = image[3 * at + 2]! + detail;
    }
  }
}
