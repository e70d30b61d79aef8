/**
 * `self-blended`: the face blended with a slightly transformed copy of itself, so that nothing but the blend betrays it.
 * After self-blended images (Shiohara, Yamasaki, CVPR 2022); here the copy alone is transformed, never the base, so that
 * pixels outside the mask stay those of the photograph.
 */
import { adjustColour, meanLuma } from "../operations/colour-adjust.js";
import { type FacePart, outlineOf } from "../operations/face-frame.js";
import { bendMask, featherInwards, scaleMask } from "../operations/mask.js";
import { polygonCoverage } from "../operations/polygon.js";
import { remap } from "../operations/remap.js";
import { similarityAbout, similarityMap } from "../operations/similarity.js";
import { unsharp } from "../operations/unsharp.js";
import type { Drawn } from "../parameters.js";
import type { FamilyInput, Forged } from "./family.js";

/** What the parameter `part` stands for. */
const PARTS: readonly FacePart[] = ["innerFace", "tightFace", "lowerFace"];

/** Makes a `self-blended` forgery. */
export function forgeSelfBlended({ face, frame, stream }: FamilyInput, drawn: Drawn<"self-blended">): Forged {
  const { width, height } = face;
  const outline = polygonCoverage(outlineOf(frame, PARTS[drawn.part]!, drawn.scale), width, height);
  const bent = bendMask(outline, drawn.bend * frame.unit, 0.5 * frame.unit, stream.child("mask"));
  const mask = scaleMask(featherInwards(bent, drawn.feather * frame.unit), drawn.blendRatio);

  const coloured = adjustColour(face, { ...drawn, pivot: meanLuma(face, outline) });
  const filtered = unsharp(coloured, 1, drawn.sharpening);
  const move = similarityAbout(frame.origin, 1 / drawn.zoom, 0, -drawn.shiftX * frame.unit, -drawn.shiftY * frame.unit);
  return { content: remap(filtered, similarityMap(move, width, height), "bicubic"), mask };
}
