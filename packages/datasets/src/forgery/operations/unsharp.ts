/**
 * Unsharp masking: the difference from a blurred copy, added back.
 */
import { gaussianBlur } from "./gaussian.js";
import type { Raster } from "./raster.js";

/** The raster with its difference from a blur of itself added `amount` times (unsharp masking); may leave 0..1. */
export function unsharp(raster: Raster, sigma: number, amount: number): Raster {
  const blurred = gaussianBlur(raster, sigma);
  const { data } = raster;
  for (let i = 0; i < data.length; i++) blurred.data[i] = data[i]! + amount * (data[i]! - blurred.data[i]!);
  return blurred;
}
