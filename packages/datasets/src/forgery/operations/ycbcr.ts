/**
 * Full-range Y'CbCr of ITU-R BT.601 as JPEG uses it (JFIF 1.02), on values in 0..1 with Cb and Cr centred on 0.
 */
import type { Raster } from "./raster.js";

/** Luma of an sRGB pixel. */
export function luma(r: number, g: number, b: number): number {
  return 0.299 * r + 0.587 * g + 0.114 * b;
}

/** The luma channel of an RGB raster. */
export function lumaOf(image: Raster): Raster {
  const data = new Float32Array(image.width * image.height);
  for (let i = 0, p = 0; i < data.length; i++, p += 3) {
    data[i] = luma(image.data[p]!, image.data[p + 1]!, image.data[p + 2]!);
  }
  return { width: image.width, height: image.height, data };
}

/** Y in 0..1, Cb and Cr in -0.5..0.5. */
export function rgbToYcbcr(image: Raster): Raster {
  const data = new Float32Array(image.data.length);
  for (let p = 0; p < data.length; p += 3) {
    const y = luma(image.data[p]!, image.data[p + 1]!, image.data[p + 2]!);
    data[p] = y;
    data[p + 1] = (image.data[p + 2]! - y) / 1.772;
    data[p + 2] = (image.data[p]! - y) / 1.402;
  }
  return { width: image.width, height: image.height, data };
}

/** The inverse of {@link rgbToYcbcr}; values may leave 0..1. */
export function ycbcrToRgb(image: Raster): Raster {
  const data = new Float32Array(image.data.length);
  for (let p = 0; p < data.length; p += 3) {
    const y = image.data[p]!;
    const r = y + 1.402 * image.data[p + 2]!;
    const b = y + 1.772 * image.data[p + 1]!;
    data[p] = r;
    data[p + 1] = (y - 0.299 * r - 0.114 * b) / 0.587;
    data[p + 2] = b;
  }
  return { width: image.width, height: image.height, data };
}
