/**
 * `neuraltextures`: only the mouth's surroundings are rendered anew: a slightly other expression from a coarse, smooth
 * texture, with the renderer's own fine pattern in the place of skin.
 * In the spirit of NeuralTextures (Thies, Zollhoefer, Niessner, SIGGRAPH 2019).
 */
import { adjustColour, meanColour } from "../operations/colour-adjust.js";
import { outlineOf } from "../operations/face-frame.js";
import { bendMask, featherInwards } from "../operations/mask.js";
import { expressionWarp, findMouthLine, paintInterior, teethWhite } from "../operations/mouth.js";
import { polygonCoverage } from "../operations/polygon.js";
import { smoothField } from "../operations/random-field.js";
import { remap } from "../operations/remap.js";
import type { Drawn } from "../parameters.js";
import { decodeCoarsely } from "./deepfakes.js";
import type { FamilyInput, Forged } from "./family.js";

/** The small opening shows little of the teeth, in the shade of the lip. */
const TEETH_SHARE = 0.3;
const TEETH_BRIGHTNESS = 0.8;

/** Makes a `neuraltextures` forgery. */
export function forgeNeuraltextures({ face, frame, stream }: FamilyInput, drawn: Drawn<"neuraltextures">): Forged {
  const { width, height } = face;
  const outline = polygonCoverage(outlineOf(frame, "mouth", drawn.scale), width, height);
  const bent = bendMask(outline, drawn.bend * frame.unit, 0.6 * frame.unit, stream.child("mask"));
  const mask = featherInwards(bent, drawn.feather * frame.unit);

  const expression = { opening: drawn.opening, smile: drawn.smile, asymmetry: 0, line: findMouthLine(face, frame) };
  const warp = expressionWarp(frame, width, height, expression);
  const warped = remap(face, warp.map, "bicubic");
  const white = teethWhite(meanColour(face, outline), TEETH_BRIGHTNESS);
  paintInterior(warped, warp, { teeth: TEETH_SHARE, white, cavity: drawn.cavity });
  const decoded = decodeCoarsely(warped, frame.unit, drawn.reduction, drawn.smoothing);
  const texture = smoothField(width, height, 1, drawn.texturePeriod, stream.child("texture"));
  for (let i = 0; i < texture.data.length; i++) {
    for (let c = 0; c < 3; c++) decoded.data[3 * i + c]! += drawn.texture * texture.data[i]!;
  }
  return { content: adjustColour(decoded, drawn), mask };
}
