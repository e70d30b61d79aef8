/** Outlines of the lips in face coordinates (mm), shared by the mesh, the relief and the material. */
import { bell } from "./curves.js";
import type { MouthTraits } from "./identity.js";

/** The line between the closed lips; straight on beyond the corners. */
export function lipLine(mouth: MouthTraits, x: number): number {
  const t = Math.min(1, Math.abs(x) / mouth.halfWidth);
  const wave = 0.7 * bell((Math.abs(x) - 8) / 5) - (0.5 + 0.7 * mouth.bow) * bell(x / 4.5);
  return mouth.y + wave * (1 - t) + mouth.cornerTilt * t * t;
}

/** Height of the red of the upper lip over the lip line: Cupid's bow in the middle, nothing at the corners. */
export function upperLipHeight(mouth: MouthTraits, x: number): number {
  const t = Math.abs(x) / mouth.halfWidth;
  if (t >= 1) return 0;
  const dip = mouth.bow * 0.24 * bell(x / 3.2);
  return mouth.upper * (1 - t ** 1.6) ** 0.9 * (1 - dip) + mouth.bow * 0.5 * bell((Math.abs(x) - 6) / 2.5);
}

/** Depth of the red of the lower lip below the lip line. */
export function lowerLipHeight(mouth: MouthTraits, x: number): number {
  const t = Math.abs(x) / mouth.halfWidth;
  return t >= 1 ? 0 : mouth.lower * (1 - t ** 2.1) ** 0.85;
}
