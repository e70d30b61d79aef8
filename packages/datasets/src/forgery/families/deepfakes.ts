/**
 * `deepfakes`: the inner face as a shared-encoder autoencoder re-draws it: a mixture of donor and self, at a lower
 * resolution, without fine texture, in slightly other colours, behind a soft mask.
 * In the spirit of FaceForensics++ "Deepfakes" (Roessler et al., ICCV 2019).
 */
import { adjustColour, meanLuma } from "../operations/colour-adjust.js";
import { transferColour } from "../operations/colour-transfer.js";
import { outlineOf } from "../operations/face-frame.js";
import { guidedFilter } from "../operations/guided.js";
import { bendMask, featherInwards } from "../operations/mask.js";
import { polygonCoverage } from "../operations/polygon.js";
import { type Raster, zeros } from "../operations/raster.js";
import { remap } from "../operations/remap.js";
import { resize } from "../operations/resize.js";
import { similarityAbout, similarityMap } from "../operations/similarity.js";
import { unsharp } from "../operations/unsharp.js";
import type { Drawn } from "../parameters.js";
import type { DonorInput, Forged } from "./family.js";

/** What an autoencoder keeps of a picture: its coarse structure and its strong edges. `unit` is the eye distance. */
export function decodeCoarsely(image: Raster, unit: number, reduction: number, smoothing: number): Raster {
  const { width, height } = image;
  const radius = Math.max(1, Math.round((0.06 * unit) / reduction));
  const coarse = resize(image, Math.round(width / reduction), Math.round(height / reduction), "bilinear");
  return resize(guidedFilter(coarse, radius, smoothing), width, height, "bicubic");
}

/** Makes a `deepfakes` forgery. */
export function forgeDeepfakes({ face, donor, frame, stream }: DonorInput, drawn: Drawn<"deepfakes">): Forged {
  const { width, height } = face;
  const outline = polygonCoverage(outlineOf(frame, "innerFace", drawn.scale), width, height);
  const bent = bendMask(outline, drawn.bend * frame.unit, 0.6 * frame.unit, stream.child("mask"));
  const mask = featherInwards(bent, drawn.feather * frame.unit);

  const area = polygonCoverage(outlineOf(frame, "innerFace", 1.25 * drawn.scale), width, height);
  const matched = transferColour(donor, face, outline, area, drawn.colourMatch);
  const mixed = zeros(width, height, 3);
  for (let i = 0; i < mixed.data.length; i++) {
    mixed.data[i] = face.data[i]! + drawn.donorShare * (matched.data[i]! - face.data[i]!);
  }
  const decoded = decodeCoarsely(mixed, frame.unit, drawn.reduction, drawn.smoothing);
  const shift = drawn.misfitShift * frame.unit;
  const misfit = similarityAbout(
    frame.origin,
    1,
    0,
    shift * Math.cos(drawn.misfitAngle),
    shift * Math.sin(drawn.misfitAngle),
  );
  const placed = remap(decoded, similarityMap(misfit, width, height), "bicubic");
  const sharpened = unsharp(placed, drawn.reduction / 2, drawn.sharpening);
  return { content: adjustColour(sharpened, { ...drawn, pivot: meanLuma(face, outline) }), mask };
}
