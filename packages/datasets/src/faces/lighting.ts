/**
 * The light of a video and how surfaces answer it: one key light with a soft shadow, a weak fill from the other side and
 * a sky-to-ground ambient. Skin scatters below its surface, so its diffuse term wraps around the terminator, red farthest
 * (wrap lighting: Green, "Real-Time Approximations to Subsurface Scattering", GPU Gems, 2004), and shines in two
 * Blinn-Phong lobes with Schlick's Fresnel term.
 */
import type { RandomStream } from "@roga/tensor-utils/random";
import { mix } from "./curves.js";
import type { Colour } from "./pigments.js";

/** A unit vector in camera space: right, up, towards the viewer. */
export type Direction = readonly [x: number, y: number, z: number];

/** Where a video was taken. */
type Place = "office" | "home" | "outdoors";

/** The light of one video; a white surface that faces the key light without shadow has radiance near 1. */
export interface LightRig {
  readonly place: Place;
  readonly key: Direction;
  readonly keyColour: Colour;
  /** Halfway between the key light and the viewer, and Schlick's Fresnel term of a mirror that faces there. */
  readonly half: Direction;
  readonly fresnel: number;
  readonly fill: Direction;
  readonly fillColour: Colour;
  readonly sky: Colour;
  readonly ground: Colour;
  /** Radius of the shadow's blur in mm. */
  readonly softness: number;
}

/** Reflected share at normal incidence of skin, eyes and cloth alike. */
const F0 = 0.03;

/** Where light comes from at azimuth (right of the picture) and elevation, both in degrees, 0 at the camera. */
function direction(azimuth: number, elevation: number): Direction {
  const [a, e] = [(azimuth * Math.PI) / 180, (elevation * Math.PI) / 180];
  return [Math.sin(a) * Math.cos(e), Math.sin(e), Math.cos(a) * Math.cos(e)];
}

/** White light made warmer (positive) or cooler (negative), at a strength. */
function tint(warmth: number, strength: number): Colour {
  return [strength * (1 + 0.15 * warmth), strength, strength * (1 - 0.22 * warmth)];
}

interface RigRange {
  readonly place: Place;
  readonly azimuth: readonly [number, number];
  readonly elevation: readonly [number, number];
  readonly warmth: readonly [number, number];
  readonly key: readonly [number, number];
  readonly ambient: readonly [number, number];
  readonly softness: readonly [number, number];
}

/** Kinds of light: a window, ceiling lamps, a flash, an evening lamp, an overcast sky, the sun. */
const RIGS: readonly RigRange[] = [
  {
    place: "home",
    azimuth: [25, 62],
    elevation: [12, 35],
    warmth: [-0.25, 0.2],
    key: [0.85, 1.1],
    ambient: [0.18, 0.32],
    softness: [7, 12],
  },
  {
    place: "office",
    azimuth: [0, 35],
    elevation: [32, 52],
    warmth: [0, 0.4],
    key: [0.75, 0.95],
    ambient: [0.26, 0.42],
    softness: [7, 12],
  },
  {
    place: "office",
    azimuth: [0, 10],
    elevation: [6, 16],
    warmth: [-0.1, 0.2],
    key: [0.85, 1.02],
    ambient: [0.12, 0.24],
    softness: [2.5, 5],
  },
  {
    place: "home",
    azimuth: [20, 55],
    elevation: [15, 40],
    warmth: [0.4, 0.9],
    key: [0.8, 1.05],
    ambient: [0.15, 0.28],
    softness: [5, 9],
  },
  {
    place: "outdoors",
    azimuth: [0, 40],
    elevation: [38, 56],
    warmth: [-0.3, 0],
    key: [0.5, 0.68],
    ambient: [0.42, 0.58],
    softness: [9, 13],
  },
  {
    place: "outdoors",
    azimuth: [20, 55],
    elevation: [28, 48],
    warmth: [0.05, 0.4],
    key: [0.95, 1.15],
    ambient: [0.22, 0.34],
    softness: [2.5, 4],
  },
];

/** The light that a stream draws. */
export function drawLightRig(random: RandomStream): LightRig {
  const rig = random.child("rig").choice(RIGS);
  const within = (name: string, [low, high]: readonly [number, number]): number =>
    random.child(name).uniform(low, high);
  const side = random.child("side").uniform() < 0.5 ? -1 : 1;
  const azimuth = side * within("azimuth", rig.azimuth);
  const warmth = within("warmth", rig.warmth);
  const ambient = within("ambient", rig.ambient);
  const outdoors = rig.place === "outdoors";
  const key = direction(azimuth, within("elevation", rig.elevation));
  const length = Math.hypot(key[0], key[1], key[2] + 1);
  return {
    place: rig.place,
    key,
    half: [key[0] / length, key[1] / length, (key[2] + 1) / length],
    fresnel: F0 + (1 - F0) * (1 - (key[2] + 1) / length) ** 5,
    keyColour: tint(warmth, within("key", rig.key)),
    fill: direction(-side * mix(35, 70, random.child("fillSide").uniform()), 8),
    fillColour: tint(warmth * 0.6, mix(0.06, 0.22, random.child("fill").uniform())),
    sky: tint(outdoors ? -0.5 : warmth * 0.7, ambient * 1.15),
    ground: tint(outdoors ? 0.15 : warmth * 0.9 + 0.15, ambient * (outdoors ? 0.62 : 0.55)),
    softness: within("softness", rig.softness),
  };
}

/** How far the diffuse light of skin reaches past the terminator, per channel. */
const SKIN_WRAP: Colour = [0.34, 0.16, 0.11];

function wrapped(cosine: number, wrap: number): number {
  return Math.max(0, (cosine + wrap) / (1 + wrap));
}

/**
 * Light that arrives at a diffuse surface.
 *
 * @param lit share of the key light that is not shadowed, 0 to 1
 * @param open share of the ambient light that is not occluded, 0 to 1
 * @param scatter 1 for skin, 0 for a hard surface
 * @param out receives linear red, green, blue
 */
export function irradiance(
  rig: LightRig,
  nx: number,
  ny: number,
  nz: number,
  lit: number,
  open: number,
  scatter: number,
  out: Float64Array,
): void {
  const { key, fill, keyColour, fillColour, sky, ground } = rig;
  const keyCosine = nx * key[0] + ny * key[1] + nz * key[2];
  const fillCosine = nx * fill[0] + ny * fill[1] + nz * fill[2];
  const up = 0.5 + 0.5 * ny;
  // Light bleeds into the shadow's edge on skin, most of all the red.
  const bleed = lit + scatter * 0.22 * (Math.sqrt(lit) - lit);
  for (let c = 0; c < 3; c++) {
    const wrap = scatter * SKIN_WRAP[c]!;
    const shadow = c === 0 ? bleed : lit;
    const ambient = ground[c]! + (sky[c]! - ground[c]!) * up;
    out[c] =
      keyColour[c]! * shadow * wrapped(keyCosine, wrap) +
      (fillColour[c]! * wrapped(fillCosine, 0.3 + wrap) +
        ambient * (c === 0 ? open + scatter * 0.25 * open * (1 - open) : open)) *
        (0.4 + 0.6 * open);
  }
}

/**
 * Specular reflection of the key light towards the viewer per unit of its colour, for one lobe.
 *
 * @param exponent Blinn-Phong exponent: about 100 for a wet eye
 */
export function highlight(rig: LightRig, nx: number, ny: number, nz: number, exponent: number): number {
  const { key, half } = rig;
  const cosine = nx * half[0] + ny * half[1] + nz * half[2];
  const facing = nx * key[0] + ny * key[1] + nz * key[2];
  if (cosine <= 0 || facing <= 0) return 0;
  return ((exponent + 8) / 8) * cosine ** exponent * rig.fresnel * Math.min(1, 4 * facing);
}

/** The highlight of skin: a broad lobe (exponent 8) and a narrow one (32). */
export function skinHighlight(rig: LightRig, nx: number, ny: number, nz: number): number {
  const { key, half } = rig;
  const cosine = nx * half[0] + ny * half[1] + nz * half[2];
  const facing = nx * key[0] + ny * key[1] + nz * key[2];
  if (cosine <= 0.5 || facing <= 0) return 0;
  const c2 = cosine * cosine;
  const c4 = c2 * c2;
  const c8 = c4 * c4;
  const c16 = c8 * c8;
  return (1.6 * c8 + 4 * c16 * c16) * rig.fresnel * Math.min(1, 4 * facing);
}
