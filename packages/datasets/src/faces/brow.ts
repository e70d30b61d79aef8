/** Eyebrows, drawn as short strokes along the direction in which their hairs grow: up near the nose, outwards after. */
import { bell, clamp, mix, smoothstep } from "./curves.js";
import type { BrowTraits } from "./identity.js";
import { hash2, noise2 } from "./noise.js";

/** Share of skin that the brow covers at distance `side` from the midline and height `v`, 0 to 1. */
export function browCover(brows: BrowTraits, side: number, v: number, seed: number): number {
  const t = (side - brows.inner) / brows.length;
  if (t < -0.12 || t > 1.08) return 0;
  const c = clamp(t, 0, 1);
  // The centre line climbs to its highest point at two thirds and falls to the tail.
  const rise = c < 0.64 ? Math.sin((c / 0.64) * Math.PI * 0.5) : Math.cos(((c - 0.64) / 0.36) * Math.PI * 0.42);
  const centre = brows.y - 2.2 + brows.arch * rise + brows.tilt * c;
  const half = brows.thickness * (c < 0.2 ? mix(0.82, 1, c / 0.2) : mix(1, 0.3, ((c - 0.2) / 0.8) ** 1.4));
  const off = (v - centre) / half;
  if (Math.abs(off) > 1.9) return 0;
  const lean = mix(1.25, 0.12, smoothstep(0, 0.45, c)) - 0.35 * smoothstep(0.6, 1, c);
  const across = (v - centre) * Math.cos(lean) - (side - brows.inner) * Math.sin(lean);
  const along = (v - centre) * Math.sin(lean) + (side - brows.inner) * Math.cos(lean);
  const strokes =
    0.5 +
    0.5 * noise2(across * 1.5, along * 0.28, seed) +
    0.35 * (hash2(Math.round(across * 2.2), Math.round(along * 0.4), seed) - 0.5);
  const edge = bell(Math.abs(off) ** 1.5 * 0.95) * smoothstep(-0.12, 0.1, t) * smoothstep(1.08, 0.85, t);
  return clamp(brows.density * edge * (0.5 + 1.05 * strokes), 0, 0.96);
}
