/**
 * Eyes: where a sample of the face falls into the opening between the lids, the ray through it is followed to the eyeball
 * behind (a sphere with a smaller one for the cornea), which gives iris, pupil, parallax and catch-light at any pose.
 * Around the opening it paints the lashes, the wet rim and the crease of the lid.
 */
import { bell, clamp, mix, smoothstep } from "./curves.js";
import { EYE_RADIUS } from "./features.js";
import type { FaceIdentity } from "./identity.js";
import { cornerLine, type LidPose, lidMargins } from "./lid-shape.js";
import { highlight, irradiance, type LightRig } from "./lighting.js";
import { noise2 } from "./noise.js";
import { darken, paint, type Surface } from "./surface.js";
import type { Rotation } from "./view.js";

const IRIS_RADIUS = 5.9;

/** Distance from the eyeball's centre to that of the cornea's sphere, whose radius is 7.8 mm. */
const CORNEA_OFFSET = 4.7;

/** What the eyes of one frame look like. */
export interface EyeFrame {
  readonly lids: LidPose;
  /** Centres of the two eyeballs in head coordinates, left of the picture first. */
  readonly centres: readonly (readonly [number, number, number])[];
  /** Direction of gaze relative to the head, in radians right and up. */
  readonly gazeX: number;
  readonly gazeY: number;
  /** The camera in head coordinates. */
  readonly camera: Float64Array;
  readonly rotation: Rotation;
  readonly rig: LightRig;
}

/** The eyes of one person. */
export class Eyes {
  readonly #identity: FaceIdentity;
  readonly #margins = new Float64Array(2);
  readonly #open = new Float64Array(2);
  readonly #light = new Float64Array(3);
  /** Radiance of the eyeball that {@link Eyes.ball} saw last: linear red, green, blue. */
  readonly radiance = new Float64Array(3);

  constructor(identity: FaceIdentity) {
    this.#identity = identity;
  }

  /**
   * Paints the surroundings of an eye onto the skin at (u, v). Returns the depth in mm of the place below the upper lid
   * if it lies in the opening (then {@link Eyes.ball} is what is seen), or -1.
   */
  lids(u: number, v: number, frame: EyeFrame, surface: Surface): number {
    const { eyes, hair } = this.#identity;
    const dx = Math.abs(u) - eyes.x;
    const t = dx / eyes.halfLength;
    if (t < -1.5 || t > 1.7 || v > 16 || v < -12) return -1;
    const height = v - cornerLine(eyes, dx);
    const margins = this.#margins;
    lidMargins(eyes, frame.lids, clamp(t, -1, 1), margins);
    const [upper, lower] = [margins[0]!, margins[1]!];
    const inside = Math.abs(t) < 1;
    if (inside && height < upper && height > lower) return upper - height;

    const fade = smoothstep(1.22, 0.98, Math.abs(t));
    const above = height - upper;
    const lash = eyes.lashes;
    const lashColour = [hair.browColour[0] * 0.35, hair.browColour[1] * 0.3, hair.browColour[2] * 0.3] as const;
    if (above >= 0 || height > lower) {
      // Lashes along the upper lid, longer towards the temple.
      const thick = (0.7 + 0.75 * lash) * (1 + 0.3 * t);
      const wing = t > 0.6 ? smoothstep(1.35, 0.9, t) : smoothstep(-1.06, -0.8, t);
      const strokes = 0.5 + 0.5 * noise2(dx * 1.6 + above * 0.5 * t, 0.4, this.#identity.detailSeed + 101);
      const line = bell(Math.max(0, above) / thick);
      const hairs = 0.55 * lash * strokes * smoothstep(3.4, 0.4, above) * smoothstep(-0.6, 0.6, t);
      paint(surface, lashColour, clamp((0.5 + 0.45 * lash) * line + hairs * (1 - line), 0, 0.95) * wing);
      surface.gloss *= 1 - 0.7 * line * wing;
      this.#crease(t, height, above, frame.lids.blink, surface);
    } else {
      const below = lower - height;
      // The wet rim of the lower lid, then its sparse lashes.
      const rim = bell((below - 0.35) / 0.5) * fade * (inside ? 1 : 0);
      surface.r += 0.1 * rim * surface.r;
      surface.gloss += 0.9 * rim;
      const hairs = bell((below - 1.3) / 0.8) * (0.14 + 0.3 * lash) * smoothstep(-0.7, 0.5, t) * fade;
      paint(surface, lashColour, hairs * (0.6 + 0.4 * noise2(dx * 1.5, 0.7, this.#identity.detailSeed + 102)));
      darken(surface, 1 - 0.1 * bell((below - 2.6) / 1.6) * fade);
    }
    return -1;
  }

  /** The fold of the upper lid: a soft dark line that follows the open margin. */
  #crease(t: number, height: number, above: number, blink: number, surface: Surface): void {
    const { eyes } = this.#identity;
    if (eyes.crease <= 0) {
      darken(surface, 1 - 0.1 * bell(above / 1.8));
      return;
    }
    const open = this.#open;
    lidMargins(eyes, { blink: 0, squint: 0, gazeY: 0 }, clamp(t * 0.93, -1, 1), open);
    const centre = open[0]! + eyes.crease * mix(0.72, 1, smoothstep(-1, 0.1, t)) * (1 - 0.25 * Math.max(0, t));
    const off = height - centre;
    const ends = smoothstep(-1.12, -0.75, t) * smoothstep(1.45, 0.9, t) * (1 - 0.55 * blink);
    const fold = bell(off / 0.85) * ends;
    darken(surface, 1 - 0.5 * fold);
    // The skin above the fold hangs over it; the lid below faces up.
    surface.slopeY += ends * (0.5 * bell((off - 1.2) / 1.3) - 0.3 * bell((off + 1.6) / 1.3));
  }

  /**
   * Sees the eyeball through the place (x, y, z) of the lids, in head coordinates, `lidShade` mm below the upper lid's
   * margin, lit as given. The result is in `radiance`.
   */
  ball(
    side: 0 | 1,
    x: number,
    y: number,
    z: number,
    lidShade: number,
    lit: number,
    open: number,
    frame: EyeFrame,
  ): void {
    const { eyes } = this.#identity;
    const { camera, rotation: r, rig } = frame;
    const [ex, ey, ez] = frame.centres[side]!;
    let [dx, dy, dz] = [x - camera[0]!, y - camera[1]!, z - camera[2]!];
    const length = Math.sqrt(dx * dx + dy * dy + dz * dz);
    dx /= length;
    dy /= length;
    dz /= length;
    const [ox, oy, oz] = [x - ex, y - ey, z - ez];
    const b = ox * dx + oy * dy + oz * dz;
    const c = ox * ox + oy * oy + oz * oz - EYE_RADIUS * EYE_RADIUS;
    const root = b * b - c;
    const along = root > 0 ? -b - Math.sqrt(root) : -b;
    let [nx, ny, nz] = [ox + along * dx, oy + along * dy, oz + along * dz];
    const size = Math.sqrt(nx * nx + ny * ny + nz * nz);
    nx /= size;
    ny /= size;
    nz /= size;

    const gaze = [Math.sin(frame.gazeX), Math.sin(frame.gazeY), Math.cos(frame.gazeX) * Math.cos(frame.gazeY)] as const;
    const towards = nx * gaze[0] + ny * gaze[1] + nz * gaze[2];
    const [ax, ay, az] = [nx - towards * gaze[0], ny - towards * gaze[1], nz - towards * gaze[2]];
    const off = towards > 0 ? EYE_RADIUS * Math.sqrt(ax * ax + ay * ay + az * az) : EYE_RADIUS;

    // The normal in camera space, for light.
    const wx = r[0]! * nx + r[1]! * ny + r[2]! * nz;
    const wy = r[3]! * nx + r[4]! * ny + r[5]! * nz;
    const wz = r[6]! * nx + r[7]! * ny + r[8]! * nz;
    const shade = mix(0.22, 1, smoothstep(0, 3.8, lidShade));
    irradiance(rig, wx, wy, wz, lit, Math.min(1, open * 1.15), 0.4, this.#light);

    const t = (Math.abs(x) - eyes.x) / eyes.halfLength;
    const corner = smoothstep(0.55, 1, Math.abs(t));
    const iris = smoothstep(IRIS_RADIUS + 0.35, IRIS_RADIUS - 0.35, off);
    const turn = Math.atan2(ay, ax);
    const fibres =
      noise2(turn * 7.2, off * 0.55, eyes.irisSeed) * 0.6 + 0.4 * noise2(turn * 17, off * 0.4, eyes.irisSeed + 1);
    const ring = smoothstep(3.9, 5.7, off);
    const pupil = smoothstep(2.15, 1.75, off);
    const inner = bell((off - 2.4) / 1.1);
    // Light that enters the cornea on one side brightens the iris on the other.
    const depth = 1 - 0.05 * (ax * rig.key[0] + ay * rig.key[1]) * 12;
    const iridian =
      (1 - 0.68 * ring) * (1 + 0.5 * fibres) * (1 + 0.3 * inner) * Math.max(0.4, depth) * (1 - 0.97 * pupil);
    const white = [0.5 - 0.06 * corner, 0.46 - 0.15 * corner, 0.43 - 0.16 * corner] as const;
    const veins = 1 - 0.05 * (1 + noise2(x * 1.3, y * 2.1, eyes.irisSeed + 2)) * (0.5 + corner);
    const caruncle = smoothstep(-0.8, -0.93, t);
    for (let i = 0; i < 3; i++) {
      let albedo = white[i]! * (i === 0 ? 1 : veins);
      albedo = mix(albedo, [0.45, 0.2, 0.17][i]!, caruncle);
      albedo = mix(albedo, eyes.iris[i]! * iridian * 1.25, iris);
      this.radiance[i] = albedo * this.#light[i]! * shade;
    }

    // Catch-light on the cornea, or on the wet white beside it.
    const bulge = off < 7;
    let [hx, hy, hz] = [nx, ny, nz];
    if (bulge) {
      const k = CORNEA_OFFSET / EYE_RADIUS;
      [hx, hy, hz] = [nx - k * gaze[0], ny - k * gaze[1], nz - k * gaze[2]];
      const norm = Math.sqrt(hx * hx + hy * hy + hz * hz);
      hx /= norm;
      hy /= norm;
      hz /= norm;
    }
    const [gx, gy, gz] = [
      r[0]! * hx + r[1]! * hy + r[2]! * hz,
      r[3]! * hx + r[4]! * hy + r[5]! * hz,
      r[6]! * hx + r[7]! * hy + r[8]! * hz,
    ];
    const glint = highlight(rig, gx, gy, gz, 110) * (bulge ? 2.6 : 0.15) * smoothstep(0.2, 1.4, lidShade);
    const mirror = 0.03 * smoothstep(-0.2, 0.5, gy) * smoothstep(0.5, 2.5, lidShade);
    for (let i = 0; i < 3; i++) {
      this.radiance[i] = this.radiance[i]! + rig.keyColour[i]! * glint * (0.35 + 0.65 * lit) + mirror * rig.sky[i]!;
    }
  }
}
