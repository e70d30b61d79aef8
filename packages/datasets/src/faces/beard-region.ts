/** Where hair grows on the lower face, as a density over face coordinates, shared by the stubble and the beard's strands. */
import { bell2, smoothstep } from "./curves.js";
import type { BeardStyle } from "./hair-traits.js";
import type { MouthTraits } from "./identity.js";
import { lipLine, lowerLipHeight, upperLipHeight } from "./lip-shape.js";

/** Density, 0 to 1, of the hair of a style at face coordinates (u, v). `"stubble"` is the whole region. */
export function beardDensity(style: BeardStyle, mouth: MouthTraits, u: number, v: number): number {
  if (style === "none") return 0;
  const side = Math.abs(u);
  if (side > 78 || v > 5 || v < -150) return 0;
  const line = lipLine(mouth, u);
  const inMouth = side < mouth.halfWidth + 1.5;
  // Bare lips, with a margin that is wider below than above.
  const clearAbove = smoothstep(1.2, 3, v - line - upperLipHeight(mouth, u));
  const clearBelow = smoothstep(0.8, 3, line - lowerLipHeight(mouth, u) - v);
  const offLips = inMouth
    ? v > line
      ? clearAbove
      : clearBelow
    : smoothstep(1.5, 4.5, side - mouth.halfWidth + Math.abs(v - line) * 0.6);

  const moustache =
    smoothstep(mouth.halfWidth + 6, mouth.halfWidth - 1, side) *
    smoothstep(16.5, 12.5, v - line) *
    (v > line - 4 ? 1 : 0);
  const chin =
    bell2(side, v, 0, mouth.y - 36, 24, 19) > 0.36 ? smoothstep(0.36, 0.5, bell2(side, v, 0, mouth.y - 36, 24, 19)) : 0;
  const link =
    smoothstep(8, 4, Math.abs(side - mouth.halfWidth - 5)) *
    smoothstep(-34, -26, v - mouth.y) *
    smoothstep(6, 1, v - mouth.y);
  const soul = 0.7 * smoothstep(5, 2.5, side) * smoothstep(-9, -12, v - mouth.y) * smoothstep(-26, -22, v - mouth.y);
  const throat = smoothstep(-140, -126, v);
  if (style === "moustache") return moustache * offLips;
  if (style === "goatee") return Math.max(moustache, chin, link, soul) * offLips * throat;
  // Cheeks: below a line that climbs from the corner of the mouth to the ear.
  const cheekLine = -58 + 0.95 * Math.max(0, side - 30) + 0.012 * Math.max(0, side - 40) ** 2;
  const cheek = smoothstep(cheekLine + 4, cheekLine - 6, v) * smoothstep(24, 33, side);
  const below = smoothstep(mouth.y - 13, mouth.y - 19, v);
  return Math.max(moustache, cheek, below, soul, link) * offLips * throat;
}
