/**
 * Separable resampling with antialiasing: the filter widens with the reduction factor, and its weights are renormalised
 * at the borders (the convention of Pillow and of torch's `interpolate(antialias=True)`).
 * Filters: triangle ("bilinear") and Keys' cubic with a = -0.5 ("bicubic").
 */
import { channelsOf, type Raster } from "./raster.js";

/** The interpolation kernel: `"bilinear"` is smoother, `"bicubic"` keeps edges and overshoots. */
export type ResizeFilter = "bilinear" | "bicubic";

function triangle(x: number): number {
  return Math.max(0, 1 - Math.abs(x));
}

function keysCubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}

/** For each output sample: its first input sample and a row of `taps` weights. */
function weightsFor(input: number, output: number, filter: ResizeFilter) {
  const kernel = filter === "bilinear" ? triangle : keysCubic;
  const ratio = input / output;
  const spread = Math.max(1, ratio);
  const support = (filter === "bilinear" ? 1 : 2) * spread;
  const taps = Math.min(input, Math.ceil(2 * support) + 1);
  const first = new Int32Array(output);
  const weights = new Float64Array(output * taps);
  for (let i = 0; i < output; i++) {
    const centre = (i + 0.5) * ratio;
    const start = Math.min(Math.max(0, Math.floor(centre - support + 0.5)), input - taps);
    let sum = 0;
    for (let k = 0; k < taps; k++) {
      const weight = kernel((start + k + 0.5 - centre) / spread);
      weights[i * taps + k] = weight;
      sum += weight;
    }
    for (let k = 0; k < taps; k++) weights[i * taps + k]! /= sum;
    first[i] = start;
  }
  return { first, weights, taps };
}

/** One row of `channels` interleaved values resampled, the case of three channels without an inner loop. */
function resampleRow(
  source: Float32Array,
  from: number,
  target: Float32Array,
  to: number,
  channels: number,
  { first, weights, taps }: ReturnType<typeof weightsFor>,
): void {
  for (let x = 0, w = 0, out = to; x < first.length; x++, w += taps) {
    let p = from + first[x]! * channels;
    if (channels === 3) {
      let r = 0;
      let g = 0;
      let b = 0;
      for (let k = 0; k < taps; k++, p += 3) {
        const weight = weights[w + k]!;
        r += weight * source[p]!;
        g += weight * source[p + 1]!;
        b += weight * source[p + 2]!;
      }
      target[out++] = r;
      target[out++] = g;
      target[out++] = b;
      continue;
    }
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let k = 0, q = p + c; k < taps; k++, q += channels) sum += weights[w + k]! * source[q]!;
      target[out++] = sum;
    }
  }
}

/** The raster resampled to `width` x `height` pixels; bicubic values may overshoot 0..1. */
export function resize(raster: Raster, width: number, height: number, filter: ResizeFilter): Raster {
  const channels = channelsOf(raster);
  const across = weightsFor(raster.width, width, filter);
  const stride = width * channels;
  const rows = new Float32Array(stride * raster.height);
  for (let y = 0; y < raster.height; y++) {
    resampleRow(raster.data, y * raster.width * channels, rows, y * stride, channels, across);
  }
  const down = weightsFor(raster.height, height, filter);
  const sums = new Float64Array(stride);
  const data = new Float32Array(stride * height);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let k = 0; k < down.taps; k++) {
      const weight = down.weights[y * down.taps + k]!;
      if (weight === 0) continue;
      let p = (down.first[y]! + k) * stride;
      for (let i = 0; i < stride; i++) sums[i]! += weight * rows[p++]!;
    }
    data.set(sums, y * stride);
  }
  return { width, height, data };
}
