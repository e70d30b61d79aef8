/**
 * `face2face`: another expression on the same face: the mouth opens and its corners move, the inside of the mouth is
 * painted anew, and the lower face is rendered with smoother skin under slightly other light.
 * In the spirit of Face2Face (Thies et al., CVPR 2016).
 */
import { meanColour } from "../operations/colour-adjust.js";
import { outlineOf } from "../operations/face-frame.js";
import { guidedFilter } from "../operations/guided.js";
import { bendMask, featherInwards } from "../operations/mask.js";
import { expressionWarp, findMouthLine, paintInterior, teethWhite } from "../operations/mouth.js";
import { polygonCoverage } from "../operations/polygon.js";
import { remap } from "../operations/remap.js";
import { relight } from "../operations/shading.js";
import type { Drawn } from "../parameters.js";
import type { FamilyInput, Forged } from "./family.js";

/** Makes a `face2face` forgery. */
export function forgeFace2face({ face, frame, stream }: FamilyInput, drawn: Drawn<"face2face">): Forged {
  const { width, height } = face;
  const outline = polygonCoverage(outlineOf(frame, "lowerFace"), width, height);
  const bent = bendMask(outline, drawn.bend * frame.unit, 0.6 * frame.unit, stream.child("mask"));
  const mask = featherInwards(bent, drawn.feather * frame.unit);

  const warp = expressionWarp(frame, width, height, { ...drawn, line: findMouthLine(face, frame) });
  const albedo = guidedFilter(face, Math.max(1, Math.round(0.05 * frame.unit)), drawn.smoothing);
  const rendered = remap(albedo, warp.map, "bicubic");
  const white = teethWhite(meanColour(face, outline), drawn.teethBrightness);
  paintInterior(rendered, warp, { teeth: drawn.teeth, white, cavity: drawn.cavity });
  return { content: relight(rendered, frame, drawn.shading, drawn.shadingAngle), mask };
}
