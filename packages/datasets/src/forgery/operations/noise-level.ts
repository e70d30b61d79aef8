/**
 * The standard deviation of the noise in a picture (Immerkaer, Fast noise variance estimation, CVIU 1996): the mean
 * absolute response of a mask that cancels constants, ramps and most edges, scaled for Gaussian noise.
 */
import type { GrayImage } from "../../image/image.js";
import type { Raster } from "./raster.js";

/** The noise of a one-channel raster, in its value units, over the pixels where `mask` is above 0 (borders left out). */
export function noiseLevel(plane: Raster, mask: GrayImage): number {
  const { width, height, data } = plane;
  let sum = 0;
  let count = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      if (mask.data[i] === 0) continue;
      const above = data[i - width - 1]! - 2 * data[i - width]! + data[i - width + 1]!;
      const here = data[i - 1]! - 2 * data[i]! + data[i + 1]!;
      const below = data[i + width - 1]! - 2 * data[i + width]! + data[i + width + 1]!;
      sum += Math.abs(above - 2 * here + below);
      count += 1;
    }
  }
  return count === 0 ? 0 : (Math.sqrt(Math.PI / 2) * sum) / (6 * count);
}
