/**
 * The slow part of a person's skin, evaluated once per vertex: pigments as they vary over the face, shine, and where hair
 * grows. `skin.ts` adds what is too fine for the mesh.
 */
import { beardDensity } from "./beard-region.js";
import { bell2 } from "./curves.js";
import type { FaceIdentity } from "./identity.js";
import { fractal2 } from "./noise.js";
import { scalpDensity } from "./scalp.js";

/** Offsets of the coat's numbers: share of hair-covered scalp, melanin, haemoglobin, gloss, density of shaved hair. */
export const Coat = { scalp: 0, melanin: 1, blood: 2, gloss: 3, whiskers: 4 } as const;

/** Writes the coat at face coordinates (u, v), at an angle around the head and a height. */
export function writeCoat(
  identity: FaceIdentity,
  u: number,
  v: number,
  angle: number,
  y: number,
  out: Float32Array,
  at: number,
): void {
  const { skin, eyes, nose, mouth, hair, detailSeed } = identity;
  out[at + Coat.scalp] = scalpDensity(hair, angle, y);
  if (Math.abs(angle) > 1.9) {
    // Behind the ears: never seen closely.
    out[at + Coat.melanin] = skin.melanin;
    out[at + Coat.blood] = skin.haemoglobin;
    out[at + Coat.gloss] = 0.5 * skin.oil;
    return;
  }
  const side = Math.abs(u);
  const patches = fractal2(u / 11, v / 11, detailSeed);
  // Thin skin around the eyes is darker and redder.
  const lids = bell2(side, v, eyes.x - 2, -5, 15, 7);
  out[at + Coat.melanin] = skin.melanin * (1 + 0.07 * patches) + (0.03 + 0.035 * eyes.bag) * lids;
  out[at + Coat.blood] =
    skin.haemoglobin +
    0.5 * bell2(side, v, 37, -32, 19, 16) +
    0.45 * bell2(u, v, 0, nose.tipY - 2, 14, 8) +
    0.2 * bell2(u, v, 0, mouth.y - 32, 16, 10) +
    0.28 * patches +
    0.25 * lids +
    0.3 * bell2(side, v, eyes.x, 5, 13, 5);
  out[at + Coat.gloss] =
    skin.oil *
    (0.5 +
      0.55 * bell2(u, v, 0, -18, 15, 26) +
      0.4 * bell2(side, v, 15, 42, 34, 17) +
      0.2 * bell2(side, v, 42, -20, 13, 10));
  out[at + Coat.whiskers] = hair.stubble > 0 ? hair.stubble * beardDensity("stubble", mouth, u, v) : 0;
}
