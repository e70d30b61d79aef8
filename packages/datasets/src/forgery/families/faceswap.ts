/**
 * `faceswap`: the donor's inner face pasted through a hard, polygonal mask after alignment and colour transfer, as
 * a graphics pipeline does: no learning, visible edges, its own light.
 * In the spirit of FaceForensics++ "FaceSwap" (Roessler et al., ICCV 2019).
 */
import type { Point } from "../../image/landmarks.js";
import { adjustColour, meanLuma } from "../operations/colour-adjust.js";
import { transferColour } from "../operations/colour-transfer.js";
import { outlineOf } from "../operations/face-frame.js";
import { gaussianBlur } from "../operations/gaussian.js";
import { convexHull, polygonCoverage } from "../operations/polygon.js";
import { remap } from "../operations/remap.js";
import { relight } from "../operations/shading.js";
import { similarityAbout, similarityMap } from "../operations/similarity.js";
import { unsharp } from "../operations/unsharp.js";
import type { Drawn } from "../parameters.js";
import type { DonorInput, Forged } from "./family.js";

/** Makes a `faceswap` forgery. */
export function forgeFaceswap({ face, donor, frame, stream }: DonorInput, drawn: Drawn<"faceswap">): Forged {
  const { width, height } = face;
  const corners = stream.child("corners");
  const jitter = drawn.cornerJitter * frame.unit;
  const moved = outlineOf(frame, "innerFace", drawn.scale).map(
    ([x, y]): Point => [x + corners.normal(0, jitter), y + corners.normal(0, jitter)],
  );
  const outline = polygonCoverage(convexHull(moved), width, height);

  const shift = drawn.misfitShift * frame.unit;
  const misfit = similarityAbout(
    frame.origin,
    1,
    0,
    shift * Math.cos(drawn.misfitAngle),
    shift * Math.sin(drawn.misfitAngle),
  );
  const placed = remap(donor, similarityMap(misfit, width, height), "bicubic");
  const mask = gaussianBlur(outline, drawn.edge);
  const matched = transferColour(placed, face, outline, mask, drawn.colourMatch);
  const contrasted = adjustColour(matched, { contrast: drawn.contrast, pivot: meanLuma(face, outline) });
  const sharpened = unsharp(contrasted, 1, drawn.sharpening);
  return {
    content: relight(sharpened, frame, drawn.shading, drawn.shadingAngle),
    mask,
  };
}
