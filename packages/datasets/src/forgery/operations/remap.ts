/**
 * Geometric warping by a map from output to input positions, with replicated borders.
 * Sampling is bilinear, or bicubic with Keys' kernel at a = -0.75 (the choice of OpenCV and of torch's `grid_sample`).
 */
import { channelsOf, type Raster } from "./raster.js";

/** For each output pixel, the input position it is read from, in pixels (0, 0 is the centre of the first pixel). */
export interface WarpMap {
  /** Columns of the output. */
  readonly width: number;
  /** Rows of the output. */
  readonly height: number;
  /** Input column of each output pixel. */
  readonly x: Float32Array;
  /** Input row of each output pixel. */
  readonly y: Float32Array;
}

/** The map that leaves every pixel where it is; a start for maps that add displacements. */
export function identityMap(width: number, height: number): WarpMap {
  const x = new Float32Array(width * height);
  const y = new Float32Array(width * height);
  for (let row = 0, i = 0; row < height; row++) {
    for (let column = 0; column < width; column++, i++) {
      x[i] = column;
      y[i] = row;
    }
  }
  return { width, height, x, y };
}

function clampIndex(index: number, length: number): number {
  return index < 0 ? 0 : index >= length ? length - 1 : index;
}

function remapBilinear(raster: Raster, map: WarpMap, output: Float32Array): void {
  const { width, height, data } = raster;
  const channels = channelsOf(raster);
  for (let i = 0, target = 0; i < map.x.length; i++) {
    const left = Math.floor(map.x[i]!);
    const top = Math.floor(map.y[i]!);
    const fx = map.x[i]! - left;
    const fy = map.y[i]! - top;
    const x0 = clampIndex(left, width) * channels;
    const x1 = clampIndex(left + 1, width) * channels;
    const y0 = clampIndex(top, height) * width * channels;
    const y1 = clampIndex(top + 1, height) * width * channels;
    for (let c = 0; c < channels; c++) {
      const above = data[y0 + x0 + c]! * (1 - fx) + data[y0 + x1 + c]! * fx;
      const below = data[y1 + x0 + c]! * (1 - fx) + data[y1 + x1 + c]! * fx;
      output[target++] = above * (1 - fy) + below * fy;
    }
  }
}

/** Keys' four weights at a = -0.75 for a fractional position t in [0, 1). */
function cubicWeights(t: number, weights: Float64Array): void {
  const a = -0.75;
  const u = 1 - t;
  weights[0] = ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a;
  weights[1] = ((a + 2) * t - (a + 3)) * t * t + 1;
  weights[2] = ((a + 2) * u - (a + 3)) * u * u + 1;
  weights[3] = ((a * (u + 1) - 5 * a) * (u + 1) + 8 * a) * (u + 1) - 4 * a;
}

function remapBicubic(raster: Raster, map: WarpMap, output: Float32Array): void {
  const { width, height, data } = raster;
  const channels = channelsOf(raster);
  const wx = new Float64Array(4);
  const wy = new Float64Array(4);
  for (let i = 0, target = 0; i < map.x.length; i++, target += channels) {
    const left = Math.floor(map.x[i]!);
    const top = Math.floor(map.y[i]!);
    cubicWeights(map.x[i]! - left, wx);
    cubicWeights(map.y[i]! - top, wy);
    const x0 = clampIndex(left - 1, width) * channels;
    const x1 = clampIndex(left, width) * channels;
    const x2 = clampIndex(left + 1, width) * channels;
    const x3 = clampIndex(left + 2, width) * channels;
    for (let k = 0; k < 4; k++) {
      const row = clampIndex(top + k - 1, height) * width * channels;
      const w0 = wy[k]! * wx[0]!;
      const w1 = wy[k]! * wx[1]!;
      const w2 = wy[k]! * wx[2]!;
      const w3 = wy[k]! * wx[3]!;
      for (let c = 0, p = row; c < channels; c++, p++) {
        output[target + c]! += w0 * data[p + x0]! + w1 * data[p + x1]! + w2 * data[p + x2]! + w3 * data[p + x3]!;
      }
    }
  }
}

/** The raster seen through a map; bicubic values may overshoot. */
export function remap(raster: Raster, map: WarpMap, sampling: "bilinear" | "bicubic"): Raster {
  const data = new Float32Array(map.width * map.height * channelsOf(raster));
  (sampling === "bilinear" ? remapBilinear : remapBicubic)(raster, map, data);
  return { width: map.width, height: map.height, data };
}
