/** Where hair grows on the head: the hairline as a height over the angle around the head, and the density above it. */
import { mix, smoothstep } from "./curves.js";
import type { HairTraits } from "./hair-traits.js";
import { noise1 } from "./noise.js";

/** Angle in degrees from the front, and height in mm of a hairline with no recession. */
const HAIRLINE: readonly (readonly [degrees: number, height: number])[] = [
  [0, 67],
  [14, 68],
  [26, 66],
  [37, 57],
  [46, 44],
  [54, 32],
  [62, 20],
  [68, 4],
  [74, -9],
  [80, -7],
  [85, 12],
  [101, 12],
  [109, -32],
  [126, -62],
  [180, -78],
];

/** Height of the hairline at an angle (radians) around the head, for a person's hair. */
export function hairlineHeight(hair: HairTraits, angle: number): number {
  const degrees = (Math.abs(angle) * 180) / Math.PI;
  let next = 1;
  while (next < HAIRLINE.length - 1 && HAIRLINE[next]![0] < degrees) next++;
  const [d0, h0] = HAIRLINE[next - 1]!;
  const [d1, h1] = HAIRLINE[next]!;
  const height = mix(h0, h1, smoothstep(d0, d1, degrees) * 0.5 + 0.5 * ((degrees - d0) / (d1 - d0)));
  // Hair recedes at the temples first, then across the front; a peak stays in the middle.
  const front = smoothstep(62, 40, degrees);
  const temples = Math.exp(-(((degrees - 27) / 13) ** 2));
  return height + hair.recession * front * (0.35 + 1.15 * temples);
}

/** Share of the scalp covered by hair roots, 0 to 1. */
export function scalpDensity(hair: HairTraits, angle: number, y: number): number {
  const ragged = 2.6 * noise1(angle * 7, hair.seed) + 1.3 * noise1(angle * 23, hair.seed + 1);
  const above = y - hairlineHeight(hair, angle) - ragged;
  if (hair.style !== "bald") return smoothstep(-2, 9, above);
  // A bald crown keeps a ring at the sides and back.
  const ring = smoothstep(58, 34, y) * smoothstep(45, 62, (Math.abs(angle) * 180) / Math.PI);
  return smoothstep(-3, 6, above) * ring;
}
