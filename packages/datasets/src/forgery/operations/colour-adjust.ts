/**
 * Global colour changes in Y'CbCr: brightness, contrast, saturation, hue and a shift of chroma, in one pass.
 */
import { copyOf, type Raster } from "./raster.js";
import { luma } from "./ycbcr.js";

/** What to change; whatever is absent stays. */
export interface ColourAdjustment {
  /** Added to luma, in value units. */
  readonly brightness?: number;
  /** Factor on luma's distance from `pivot`. */
  readonly contrast?: number;
  /** The luma that contrast leaves in place; 0.5 unless given. */
  readonly pivot?: number;
  /** Factor on chroma. */
  readonly saturation?: number;
  /** Turn of chroma, in radians. */
  readonly hue?: number;
  /** Length of the step added to (Cb, Cr), in value units. */
  readonly chromaShift?: number;
  /** Direction of that step in the (Cb, Cr) plane, in radians. */
  readonly chromaAngle?: number;
}

/** The adjusted RGB raster; values may leave 0..1. */
export function adjustColour(image: Raster, adjustment: ColourAdjustment): Raster {
  const { brightness = 0, contrast = 1, pivot = 0.5, saturation = 1, hue = 0 } = adjustment;
  const { chromaShift = 0, chromaAngle = 0 } = adjustment;
  const turnCos = saturation * Math.cos(hue);
  const turnSin = saturation * Math.sin(hue);
  const shiftCb = chromaShift * Math.cos(chromaAngle);
  const shiftCr = chromaShift * Math.sin(chromaAngle);
  const output = copyOf(image);
  const { data } = output;
  for (let p = 0; p < data.length; p += 3) {
    const y = luma(data[p]!, data[p + 1]!, data[p + 2]!);
    const cb = (data[p + 2]! - y) / 1.772;
    const cr = (data[p]! - y) / 1.402;
    const newY = pivot + contrast * (y - pivot) + brightness;
    const newCb = turnCos * cb - turnSin * cr + shiftCb;
    const newCr = turnSin * cb + turnCos * cr + shiftCr;
    const r = newY + 1.402 * newCr;
    const b = newY + 1.772 * newCb;
    data[p] = r;
    data[p + 1] = (newY - 0.299 * r - 0.114 * b) / 0.587;
    data[p + 2] = b;
  }
  return output;
}

/** Mean colour over the pixels of a mask, each with its mask value as weight; black for an empty mask. */
export function meanColour(image: Raster, mask: Raster): [r: number, g: number, b: number] {
  const sum: [number, number, number] = [0, 0, 0];
  let weight = 0;
  for (let i = 0; i < mask.data.length; i++) {
    const w = mask.data[i]!;
    if (w === 0) continue;
    for (let c = 0; c < 3; c++) sum[c]! += w * image.data[3 * i + c]!;
    weight += w;
  }
  return weight === 0 ? sum : [sum[0] / weight, sum[1] / weight, sum[2] / weight];
}

/** Mean luma over the pixels of a mask, each with its mask value as weight; 0 for an empty mask. */
export function meanLuma(image: Raster, mask: Raster): number {
  return luma(...meanColour(image, mask));
}
