/** Cloth: plain, striped or checked, with the slow folds and the fine weave that tell it from paint. */

import { smoothstep } from "./curves.js";
import type { FaceIdentity } from "./identity.js";
import { fractal2, noise2 } from "./noise.js";
import { darken, paint, type Surface } from "./surface.js";

/** The clothes at distance `around` the neck (mm) and `from` the neckline (mm, positive on cloth). */
export function paintCloth(identity: FaceIdentity, around: number, from: number, surface: Surface): void {
  const { colour, second, pattern, neckline } = identity.clothing;
  const seed = identity.detailSeed + 121;
  surface.r = colour[0];
  surface.g = colour[1];
  surface.b = colour[2];
  const stripe = (at: number, period: number): number => {
    const phase = at / period - Math.floor(at / period);
    return smoothstep(0.3, 0.36, phase) * smoothstep(0.66, 0.6, phase);
  };
  if (pattern !== "plain") paint(surface, second, 0.75 * stripe(around, 13));
  if (pattern === "checks") paint(surface, second, 0.6 * stripe(from, 12));
  darken(surface, 1 + 0.06 * noise2(around * 1.2, from * 1.2, seed));
  if (neckline === "crew") {
    // The ribbed hem of a T-shirt.
    const hem = smoothstep(14, 11, from);
    darken(surface, 1 - 0.12 * hem * smoothstep(10, 13, from) - 0.1 * hem * (0.5 + 0.5 * Math.sin(around * 2)));
  }
  surface.slopeX = 0.35 * fractal2(around / 26, from / 40, seed + 1);
  surface.slopeY = 0.3 * fractal2(around / 30, from / 22, seed + 2);
  surface.gloss = 0.05;
  surface.scatter = 0;
  surface.hollow = 0;
}
