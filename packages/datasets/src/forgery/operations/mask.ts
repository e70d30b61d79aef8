/**
 * Masks from outlines: feathered inwards, so that the support never grows past the outline, and bent by a random elastic
 * deformation (Simard et al., ICDAR 2003; used on blending masks by Face X-ray, Li et al., CVPR 2020, and by SBI).
 */
import type { RandomStream } from "@roga/tensor-utils/random";
import { type GrayImage, grayImage } from "../../image/image.js";
import { type FaceFrame, toFrame } from "./face-frame.js";
import { gaussianBlur } from "./gaussian.js";
import { smoothField } from "./random-field.js";
import { identityMap, remap } from "./remap.js";

/** 0 up to 0, 1 from 1, and flat at both ends, so that neither end of a ramp shows as a line. */
function smoothStep(t: number): number {
  const inside = Math.min(1, Math.max(0, t));
  return inside * inside * (3 - 2 * inside);
}

/** Where an ellipse stands on a face, in eye distances. */
export interface FaceEllipse {
  /** Frame coordinate b of its centre, on the face's axis. */
  readonly centre: number;
  /** Half its width. */
  readonly across: number;
  /** Half its height. */
  readonly down: number;
}

/** An ellipse's share of its radius over which its mask fades. */
const ELLIPSE_EDGE = 0.25;

/** A mask that is 1 in an ellipse on the face and fades to 0 at its border. */
export function ellipseMask(frame: FaceFrame, width: number, height: number, ellipse: FaceEllipse): GrayImage {
  const mask = grayImage(width, height);
  const [m0, m1, m2, m3] = toFrame(frame);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const dx = x - frame.origin[0];
      const dy = y - frame.origin[1];
      const a = (m0 * dx + m1 * dy) / ellipse.across;
      const b = (m2 * dx + m3 * dy - ellipse.centre) / ellipse.down;
      mask.data[i] = smoothStep((1 - Math.hypot(a, b)) / ELLIPSE_EDGE);
    }
  }
  return mask;
}

/** The mask with its edge softened inwards: 0 where a blur of it is at most one half, 1 where the blur is 1. */
export function featherInwards(mask: GrayImage, sigma: number): GrayImage {
  const blurred = gaussianBlur(mask, sigma);
  for (let i = 0; i < blurred.data.length; i++) {
    // A blur reaches a little over one half outside the corners that turn inwards, where the mask must stay 0.
    blurred.data[i] = mask.data[i] === 0 ? 0 : smoothStep(2 * blurred.data[i]! - 1);
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
