/**
 * Colour transfer by the mean and standard deviation of each channel (Reinhard et al., Color transfer between images,
 * IEEE CG&A 2001), in L*a*b*, over the pixels of a mask.
 */
import type { GrayImage } from "../../image/image.js";
import { labToRgb, rgbToLab } from "./lab.js";
import { copyOf, type Raster } from "./raster.js";

/** Beyond this ratio of standard deviations, noise of flat regions would be blown up. */
const LARGEST_GAIN = 2;

/** Weighted mean and standard deviation of each L*a*b* channel. */
function statistics(lab: Float32Array, mask: GrayImage): { mean: number[]; deviation: number[] } {
  const mean = [0, 0, 0];
  const square = [0, 0, 0];
  let weight = 0;
  for (let i = 0; i < mask.data.length; i++) {
    const w = mask.data[i]!;
    if (w === 0) continue;
    weight += w;
    for (let c = 0; c < 3; c++) {
      const value = lab[i * 3 + c]!;
      mean[c]! += w * value;
      square[c]! += w * value * value;
    }
  }
  const average = mean.map((sum) => sum / weight);
  return {
    mean: average,
    deviation: square.map((sum, c) => Math.sqrt(Math.max(0, sum / weight - average[c]! * average[c]!))),
  };
}

function labOf(image: Raster, mask: GrayImage): Float32Array {
  const lab = new Float32Array(image.data.length);
  for (let i = 0; i < mask.data.length; i++) if (mask.data[i] !== 0) rgbToLab(image.data, i * 3, lab, i * 3);
  return lab;
}

/**
 * The source with its L*a*b* statistics under the mask moved to those of the reference.
 * @param mask The pixels that the statistics are taken over, weighted.
 * @param area The pixels that are moved; holds the mask, and whatever of its surroundings a bent mask or a warp reaches.
 * @param strength Share of the way, 0 (the source as it is) to 1 (the reference's mean and deviation).
 * @returns A raster equal to the source where the area is 0.
 */
export function transferColour(
  source: Raster,
  reference: Raster,
  mask: GrayImage,
  area: GrayImage,
  strength: number,
): Raster {
  const lab = labOf(source, area);
  const own = statistics(lab, mask);
  const wanted = statistics(labOf(reference, mask), mask);
  const gain = own.deviation.map((deviation, c) => {
    const ratio = deviation === 0 ? 1 : wanted.deviation[c]! / deviation;
    return 1 + strength * (Math.min(LARGEST_GAIN, Math.max(1 / LARGEST_GAIN, ratio)) - 1);
  });
  const output = copyOf(source);
  for (let i = 0; i < area.data.length; i++) {
    if (area.data[i] === 0) continue;
    for (let c = 0; c < 3; c++) {
      const mean = own.mean[c]!;
      const target = mean + strength * (wanted.mean[c]! - mean);
      lab[i * 3 + c] = target + gain[c]! * (lab[i * 3 + c]! - mean);
    }
    labToRgb(lab, i * 3, output.data, i * 3);
  }
  return output;
}
