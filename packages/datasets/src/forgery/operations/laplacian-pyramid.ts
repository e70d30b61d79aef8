/**
 * Blending in a Laplacian pyramid (Burt, Adelson: A multiresolution spline with application to image mosaics, ACM TOG
 * 1983): each band of frequencies crosses the seam over its own distance. Generating kernel 1 4 6 4 1, replicated borders.
 */
import type { GrayImage } from "../../image/image.js";
import { channelsOf, type Raster, zeros } from "./raster.js";

/** Blurs one axis with 1 4 6 4 1 over 16 and keeps every second sample. */
function halveAxis(source: Raster, axis: "x" | "y"): Raster {
  const { width, height, data } = source;
  const channels = channelsOf(source);
  const output =
    axis === "x" ? zeros(Math.ceil(width / 2), height, channels) : zeros(width, Math.ceil(height / 2), channels);
  const last = (axis === "x" ? width : height) - 1;
  const step = (axis === "x" ? 1 : width) * channels;
  for (let y = 0, target = 0; y < output.height; y++) {
    for (let x = 0; x < output.width; x++) {
      const centre = 2 * (axis === "x" ? x : y);
      const line = (axis === "x" ? y * width : x) * channels;
      const p = line + Math.max(0, centre - 2) * step;
      const q = line + Math.max(0, centre - 1) * step;
      const r = line + centre * step;
      const s = line + Math.min(last, centre + 1) * step;
      const t = line + Math.min(last, centre + 2) * step;
      for (let c = 0; c < channels; c++) {
        output.data[target++] =
          (data[p + c]! + data[t + c]! + 4 * (data[q + c]! + data[s + c]!) + 6 * data[r + c]!) / 16;
      }
    }
  }
  return output;
}

/** Half the size (rounded up): blurred, then every second sample. */
export function pyramidReduce(raster: Raster): Raster {
  return halveAxis(halveAxis(raster, "x"), "y");
}

/** Doubles one axis to `length`: even samples see taps 1 6 1, odd samples 4 4, each over 8. */
function expandAxis(source: Raster, length: number, axis: "x" | "y"): Raster {
  const { width, height, data } = source;
  const channels = channelsOf(source);
  const output = axis === "x" ? zeros(length, height, channels) : zeros(width, length, channels);
  const stride = (axis === "x" ? 1 : width) * channels;
  const last = (axis === "x" ? width : height) - 1;
  for (let y = 0, target = 0; y < output.height; y++) {
    for (let x = 0; x < output.width; x++) {
      const position = axis === "x" ? x : y;
      const centre = position >> 1;
      const row = axis === "x" ? y * width * channels : x * channels;
      const here = row + centre * stride;
      const next = row + Math.min(last, centre + 1) * stride;
      const previous = row + Math.max(0, centre - 1) * stride;
      for (let c = 0; c < channels; c++) {
        output.data[target++] =
          position % 2 === 0
            ? (data[previous + c]! + 6 * data[here + c]! + data[next + c]!) / 8
            : (data[here + c]! + data[next + c]!) / 2;
      }
    }
  }
  return output;
}

/** The raster at twice its size, interpolated to `width` x `height` (each twice the input's, or one less). */
export function pyramidExpand(raster: Raster, width: number, height: number): Raster {
  return expandAxis(expandAxis(raster, width, "x"), height, "y");
}

/** target + mask · (source - target), where the rasters may have several channels and the mask has one. */
function mix(target: Raster, source: Raster, mask: GrayImage): Raster {
  const channels = channelsOf(target);
  const output = zeros(target.width, target.height, channels);
  for (let pixel = 0, i = 0; pixel < mask.data.length; pixel++) {
    const alpha = mask.data[pixel]!;
    for (let c = 0; c < channels; c++, i++) {
      output.data[i] = target.data[i]! + alpha * (source.data[i]! - target.data[i]!);
    }
  }
  return output;
}

/** The band of a raster: itself less its lower-resolution copy. */
function bandOf(raster: Raster, low: Raster): Raster {
  const band = pyramidExpand(low, raster.width, raster.height);
  for (let i = 0; i < band.data.length; i++) band.data[i] = raster.data[i]! - band.data[i]!;
  return band;
}

/** Source where the mask is 1 and target where it is 0, each frequency band blended over its own width. */
export function pyramidBlend(target: Raster, source: Raster, mask: GrayImage, levels: number): Raster {
  if (levels === 0 || Math.min(target.width, target.height) < 2) return mix(target, source, mask);
  const lowTarget = pyramidReduce(target);
  const lowSource = pyramidReduce(source);
  const low = pyramidBlend(lowTarget, lowSource, pyramidReduce(mask), levels - 1);
  const blended = pyramidExpand(low, target.width, target.height);
  const band = mix(bandOf(target, lowTarget), bandOf(source, lowSource), mask);
  for (let i = 0; i < blended.data.length; i++) blended.data[i]! += band.data[i]!;
  return blended;
}
