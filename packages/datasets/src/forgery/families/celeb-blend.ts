/**
 * `celeb-blend`: a careful face swap: colours matched to the target's, the seam's difference spread into the face,
 * frequency bands blended one by one, noise matched, and the synthesised face compressed before it is blended in.
 * In the spirit of Celeb-DF's improved synthesis (Li et al., CVPR 2020).
 */
import type { GrayImage } from "../../image/image.js";
import { transferColour } from "../operations/colour-transfer.js";
import { outlineOf } from "../operations/face-frame.js";
import { jpegLoss } from "../operations/jpeg.js";
import { pyramidBlend } from "../operations/laplacian-pyramid.js";
import { bendMask, featherInwards } from "../operations/mask.js";
import { membrane } from "../operations/membrane.js";
import { noiseLevel } from "../operations/noise-level.js";
import { polygonCoverage } from "../operations/polygon.js";
import { whiteNoise } from "../operations/random-field.js";
import { type Raster, zeros } from "../operations/raster.js";
import { resize } from "../operations/resize.js";
import { lumaOf } from "../operations/ycbcr.js";
import type { Drawn } from "../parameters.js";
import type { DonorInput, Forged } from "./family.js";

/** A larger difference across the seam is hair or glasses rather than light or colour, and is not spread. */
const LARGEST_SEAM = 0.12;

/** Adds the membrane of (target - source), taken outside the outline, to the source inside it. */
function spreadSeam(source: Raster, target: Raster, outline: GrayImage, share: number): void {
  const difference = zeros(source.width, source.height, 3);
  for (let i = 0; i < difference.data.length; i++) {
    difference.data[i] = Math.min(LARGEST_SEAM, Math.max(-LARGEST_SEAM, target.data[i]! - source.data[i]!));
  }
  const inside = new Uint8Array(outline.data.length);
  for (let i = 0; i < inside.length; i++) inside[i] = outline.data[i]! > 0 ? 1 : 0;
  const correction = membrane(difference, inside);
  for (let i = 0; i < difference.data.length; i++) source.data[i]! += share * correction.data[i]!;
}

/** Makes a `celeb-blend` forgery. */
export function forgeCelebBlend({ face, donor, frame, stream }: DonorInput, drawn: Drawn<"celeb-blend">): Forged {
  const { width, height } = face;
  const outline = polygonCoverage(outlineOf(frame, "innerFace", drawn.scale), width, height);
  const bent = bendMask(outline, drawn.bend * frame.unit, 0.6 * frame.unit, stream.child("mask"));
  const mask = featherInwards(bent, drawn.feather * frame.unit);

  const area = polygonCoverage(outlineOf(frame, "innerFace", 1.3 * drawn.scale), width, height);
  const coarse = resize(donor, Math.round(width / drawn.reduction), Math.round(height / drawn.reduction), "bilinear");
  const source = transferColour(resize(coarse, width, height, "bicubic"), face, outline, area, drawn.colourMatch);
  spreadSeam(source, face, bent, drawn.membrane);
  const noise = whiteNoise(width, height, 1, stream.child("noise"));
  const level = drawn.noiseMatch * noiseLevel(lumaOf(face), outline);
  for (let i = 0; i < noise.data.length; i++) {
    for (let c = 0; c < 3; c++) source.data[3 * i + c]! += level * noise.data[i]!;
  }
  const compressed = jpegLoss(source, { quality: drawn.quality, subsampleChroma: true });
  return { content: pyramidBlend(face, compressed, mask, drawn.levels), mask: softened(mask) };
}

/** The pyramid's low bands already cross the seam; the mask that limits them only has to fade at the outline. */
function softened(mask: GrayImage): GrayImage {
  return { width: mask.width, height: mask.height, data: mask.data.map((value) => Math.min(1, 3 * value)) };
}
