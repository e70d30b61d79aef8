/**
 * Masks from outlines: feathered inwards, so that the support never grows past the outline, and bent by a random elastic
 * deformation (Simard et al., ICDAR 2003; used on blending masks by Face X-ray, Li et al., CVPR 2020, and by SBI).
 */
import type { RandomStream } from "@roga/tensor-utils/random";
import type { GrayImage } from "../../image/image.js";
import { gaussianBlur } from "./gaussian.js";
import { smoothField } from "./random-field.js";
import { identityMap, remap } from "./remap.js";

/** The mask with its edge softened inwards: 0 where a blur of it is at most one half, 1 where the blur is 1. */
export function featherInwards(mask: GrayImage, sigma: number): GrayImage {
  const blurred = gaussianBlur(mask, sigma);
  for (let i = 0; i < blurred.data.length; i++) {
    const inside = Math.min(1, Math.max(0, 2 * blurred.data[i]! - 1));
    // The smooth step ends flat on both sides, so that neither end of the ramp shows as a line; a blur also reaches
    // a little outside narrow parts of the outline, where the mask must stay 0.
    blurred.data[i] = mask.data[i] === 0 ? 0 : inside * inside * (3 - 2 * inside);
  }
  return blurred;
}

/** The mask bent by a smooth random displacement of about `amplitude` pixels that varies over `period` pixels. */
export function bendMask(mask: GrayImage, amplitude: number, period: number, stream: RandomStream): GrayImage {
  const { width, height } = mask;
  const field = smoothField(width, height, 2, period, stream);
  const map = identityMap(width, height);
  for (let i = 0; i < map.x.length; i++) {
    map.x[i]! += amplitude * field.data[2 * i]!;
    map.y[i]! += amplitude * field.data[2 * i + 1]!;
  }
  return remap(mask, map, "bilinear");
}

/** The mask times a factor in 0..1. */
export function scaleMask(mask: GrayImage, factor: number): GrayImage {
  return { width: mask.width, height: mask.height, data: mask.data.map((value) => value * factor) };
}
