/**
 * Draws strands as ribbons that always face the viewer, back to front, blended over the picture and hidden by what is in
 * front of them. Hair is lit by the tangent of the strand: Kajiya and Kay, "Rendering fur with three dimensional textures"
 * (SIGGRAPH 1989), with the two shifted highlights of Scheuermann's "Hair rendering and shading" (GDC 2004).
 */
import { clamp, smoothstep } from "./curves.js";
import type { LightRig } from "./lighting.js";
import { hash2 } from "./noise.js";
import type { PlacedStrands } from "./place-strands.js";
import type { ShadowMap } from "./shadow.js";

/** (1 - cosine^2)^13, the broad highlight of a strand whose shifted tangent has this cosine with the half vector. */
function broadShine(cosine: number): number {
  const x = Math.max(0, 1 - cosine * cosine);
  const x2 = x * x;
  const x4 = x2 * x2;
  return x * x4 * x4 * x4;
}

/** (1 - cosine^2)^45, the narrow one. */
function narrowShine(cosine: number): number {
  const x = Math.max(0, 1 - cosine * cosine);
  const x2 = x * x;
  const x4 = x2 * x2;
  const x5 = x4 * x;
  const x20 = x5 * x5 * x5 * x5;
  return x20 * x20 * x5;
}

/** The linear radiance of every point of strands: red, green, blue. */
export function lightStrands(
  { strands, turned, outward }: PlacedStrands,
  rig: LightRig,
  shadow: ShadowMap,
): Float32Array {
  const { count, points, openness, tones, colour, gloss } = strands;
  const radiance = new Float32Array(3 * count * points);
  const { key, keyColour, fill, fillColour, sky, ground } = rig;
  const { half } = rig;
  for (let strand = 0; strand < count; strand++) {
    const tone = tones[strand]!;
    const jitter = 0.16 * (hash2(strand, 3, 77) - 0.5);
    for (let k = 0; k < points; k++) {
      const point = strand * points + k;
      const from = 3 * (point - (k > 0 ? 1 : 0));
      const to = 3 * (point + (k < points - 1 ? 1 : 0));
      let tx = turned[to]! - turned[from]!;
      let ty = turned[to + 1]! - turned[from + 1]!;
      let tz = turned[to + 2]! - turned[from + 2]!;
      const size = 1 / (Math.sqrt(tx * tx + ty * ty + tz * tz) + 1e-9);
      tx *= size;
      ty *= size;
      tz *= size;
      const at = 3 * point;
      const nx = outward[at]!;
      const ny = outward[at + 1]!;
      const nz = outward[at + 2]!;
      const open = openness[point]!;
      const lit =
        open * shadow.litFast(turned[at]! + 3 * nx, turned[at + 1]! + 3 * ny, turned[at + 2]! + 3 * nz, rig.softness);

      const alongKey = tx * key[0] + ty * key[1] + tz * key[2];
      const facing = clamp(0.55 * (nx * key[0] + ny * key[1] + nz * key[2]) + 0.45, 0, 1);
      const diffuse = Math.sqrt(Math.max(0, 1 - alongKey * alongKey)) * facing;
      const fillFacing = clamp(0.6 * (nx * fill[0] + ny * fill[1] + nz * fill[2]) + 0.4, 0, 1);
      const up = 0.5 + 0.5 * ny;

      // Two highlights: white, shifted to the root, and tinted, shifted to the tip.
      let white = 0;
      let tinted = 0;
      const strength = gloss * lit * facing;
      if (strength > 0.02) {
        const alongHalf = tx * half[0] + ty * half[1] + tz * half[2];
        const acrossHalf = nx * half[0] + ny * half[1] + nz * half[2];
        white = 0.055 * strength * narrowShine(alongHalf + (jitter - 0.1) * acrossHalf);
        tinted = 0.9 * strength * broadShine(alongHalf + (jitter + 0.14) * acrossHalf);
      }
      for (let c = 0; c < 3; c++) {
        const ambient = (ground[c]! + (sky[c]! - ground[c]!) * up) * open * open * 0.95;
        const body = keyColour[c]! * diffuse * lit * 1.15 + fillColour[c]! * fillFacing * open + ambient;
        radiance[at + c] = tone * colour[c]! * (body + tinted * keyColour[c]!) + white * keyColour[c]!;
      }
    }
  }
  return radiance;
}

/** Number of lighter and darker hairs across a lock. */
const STREAKS = 5;

/**
 * Blends strands into `target` (`size` x `size` linear RGB, of a crop that is 256 mm wide) where `depth` has nothing in
 * front of them.
 *
 * @param radiance what {@link lightStrands} gave
 */
export function drawStrands(
  { strands, screen }: PlacedStrands,
  radiance: Float32Array,
  target: Float32Array,
  depth: Float32Array,
  size: number,
): void {
  const scale = size / 256;
  const { count, points, halfWidths, solid } = strands;
  const streaks = new Float64Array(STREAKS);
  const hidden = (at: number): boolean => {
    const x = screen[at]! | 0;
    const y = screen[at + 1]! | 0;
    return x < 0 || y < 0 || x >= size || y >= size || screen[at + 2]! < depth[y * size + x]! - BEHIND;
  };
  for (let strand = 0; strand < count; strand++) {
    for (let i = 0; i < STREAKS; i++) streaks[i] = solid ? 1 : hash2(strand, i, 991);
    let behind = hidden(3 * strand * points);
    for (let k = 0; k + 1 < points; k++) {
      const p = 3 * (strand * points + k);
      const wasBehind = behind;
      behind = hidden(p + 3);
      // Most of the back of the head is skipped here.
      if (wasBehind && behind) continue;
      // Strands taper to the tip; none gets thinner than a sample, it only gets fainter.
      const share = (k + 0.5) / (points - 1);
      const natural = halfWidths[strand]! * scale * (solid || share < 0.55 ? 1 : 1 - 0.75 * ((share - 0.55) / 0.45));
      const half = Math.max(natural, 0.6);
      const strength = Math.min(1, natural / half) * (solid ? 1 : 1 - 0.45 * smoothstep(0.75, 1, share));
      drawSegment(p, half, strength, streaks, screen, radiance, target, depth, size);
    }
  }
}

/** How far behind the surface a strand may lie and still be seen, in mm: it stands on that surface. */
const BEHIND = 1.5;

/** One straight piece of a ribbon, from the point at `p` to the next. */
function drawSegment(
  p: number,
  half: number,
  strength: number,
  streaks: Float64Array,
  screen: Float32Array,
  radiance: Float32Array,
  target: Float32Array,
  depth: Float32Array,
  size: number,
): void {
  const q = p + 3;
  const x0 = screen[p]!;
  const y0 = screen[p + 1]!;
  const z0 = screen[p + 2]!;
  const dx = screen[q]! - x0;
  const dy = screen[q + 1]! - y0;
  const dz = screen[q + 2]! - z0;
  const length2 = dx * dx + dy * dy + 1e-6;
  const length = Math.sqrt(length2);
  const inverse = 1 / length2;
  const perHalf = 1 / (length * half);
  const r0 = radiance[p]!;
  const g0 = radiance[p + 1]!;
  const b0 = radiance[p + 2]!;
  const dr = radiance[q]! - r0;
  const dg = radiance[q + 1]! - g0;
  const db = radiance[q + 2]! - b0;
  const left = Math.max(0, Math.floor(Math.min(x0, x0 + dx) - half));
  const right = Math.min(size - 1, Math.ceil(Math.max(x0, x0 + dx) + half));
  const top = Math.max(0, Math.floor(Math.min(y0, y0 + dy) - half));
  const bottom = Math.min(size - 1, Math.ceil(Math.max(y0, y0 + dy) + half));
  const reach = Math.abs(dy) > 1e-3 ? (length * half) / Math.abs(dy) : Infinity;
  for (let y = top; y <= bottom; y++) {
    const oy = y + 0.5 - y0;
    // Where this row crosses the ribbon.
    const middle = reach === Infinity ? 0 : x0 + (oy * dx) / dy - 0.5;
    const first = reach === Infinity ? left : Math.max(left, Math.ceil(middle - reach));
    const last = reach === Infinity ? right : Math.min(right, Math.floor(middle + reach));
    for (let x = first; x <= last; x++) {
      const ox = x + 0.5 - x0;
      const t = (ox * dx + oy * dy) * inverse;
      if (t < -0.02 || t >= 1) continue;
      const across = (ox * dy - oy * dx) * perHalf;
      if (across <= -1 || across >= 1) continue;
      const at = y * size + x;
      if (z0 + t * dz < depth[at]! - BEHIND) continue;
      const streak = streaks[((across + 1) * 0.5 * STREAKS) | 0]!;
      const alpha = strength * (1 - across * across * across * across) * (0.55 + 0.45 * streak);
      const bright = 0.82 + 0.36 * streak;
      const out = 3 * at;
      target[out] = target[out]! + ((r0 + t * dr) * bright - target[out]!) * alpha;
      target[out + 1] = target[out + 1]! + ((g0 + t * dg) * bright - target[out + 1]!) * alpha;
      target[out + 2] = target[out + 2]! + ((b0 + t * db) * bright - target[out + 2]!) * alpha;
    }
  }
}
