/**
 * The one way in which forged content enters a picture: a convex combination under a mask.
 * Where the mask is 0 the target's values pass through untouched, bit for bit.
 */
import { type GrayImage, type RgbImage, rgbImage } from "../../image/image.js";
import type { Raster } from "./raster.js";

/** target + mask · (forged - target), cut to 0..1 where the mask is above 0. */
export function composite(target: RgbImage, forged: Raster, mask: GrayImage): RgbImage {
  const output = rgbImage(target.width, target.height);
  for (let pixel = 0, i = 0; pixel < mask.data.length; pixel++) {
    const alpha = mask.data[pixel]!;
    for (let c = 0; c < 3; c++, i++) {
      const value = target.data[i]!;
      output.data[i] = alpha === 0 ? value : Math.min(1, Math.max(0, value + alpha * (forged.data[i]! - value)));
    }
  }
  return output;
}
