/** A smooth stand-in for the head, as hair feels it: a super-ellipsoid of exponent 2.5 above the brows and a tapering column below them. */
import { clamp, mix, smoothstep } from "./curves.js";
import type { FaceIdentity } from "./identity.js";

const CENTRE_Y = 22;
const CENTRE_Z = -89;

/** The head that hair lies on. */
export class Skull {
  readonly #identity: FaceIdentity;

  constructor(identity: FaceIdentity) {
    this.#identity = identity;
  }

  /** Half-axes to the side, upwards and in depth at a point. */
  #axes(y: number, z: number): readonly [number, number, number] {
    const { head } = this.#identity;
    const below = clamp(CENTRE_Y - y, 0, 200);
    const taper = below < 90 ? mix(73, 62, smoothstep(20, 90, below)) : mix(62, 55, smoothstep(90, 130, below));
    const wide = taper * (y > 0 ? head.skullWidth : head.cheekWidth);
    const deep = z > CENTRE_Z ? 99 : mix(99, 66, smoothstep(10, 100, below));
    return [wide, 90 * head.forehead, deep];
  }

  /** Writes the outward direction at a point. */
  normal(p: readonly [number, number, number], out: [number, number, number]): void {
    const [ax, ay, az] = this.#axes(p[1], p[2]);
    const [dx, dz] = [p[0] / ax, (p[2] - CENTRE_Z) / az];
    const up = Math.max(0, (p[1] - CENTRE_Y) / ay);
    // The gradient of flat^2.5 + up^2.5, with flat the distance from the axis.
    const level = Math.sqrt(Math.sqrt(dx * dx + dz * dz));
    out[0] = (level * dx) / ax;
    out[1] = (up * Math.sqrt(up)) / ay;
    out[2] = (level * dz) / az;
    normalize(out);
  }

  /** 1 on the surface `distance` mm off the head, less inside, more outside. */
  #level(p: readonly [number, number, number], distance: number, ear: number): number {
    const [ax, ay, az] = this.#axes(p[1], p[2]);
    const [dx, dz] = [p[0] / (ax + distance + ear), (p[2] - CENTRE_Z) / (az + distance)];
    const flat2 = dx * dx + dz * dz;
    const flat = Math.sqrt(flat2);
    if (p[1] <= CENTRE_Y) return flat;
    const up = (p[1] - CENTRE_Y) / (ay + distance);
    return (flat2 * Math.sqrt(flat) + up * up * Math.sqrt(up)) ** 0.4;
  }

  /** Moves a point outwards until it is at least `distance` mm off the head; off the ears too where hair covers them. */
  keepOff(p: [number, number, number], distance: number, overEars: boolean): void {
    const ear = overEars ? 9 * Math.exp(-(((p[1] + 14) / 30) ** 2) - ((p[2] + 88) / 26) ** 2) : 0;
    const level = this.#level(p, distance, ear);
    if (level < 1) scaleAbout(p, 1 / Math.max(level, 0.2));
  }

  /** Moves a point that is more than `distance` mm off the head towards there, by a share of the way. */
  drawTo(p: [number, number, number], distance: number, share: number): void {
    const level = this.#level(p, distance, 0);
    if (level > 1) scaleAbout(p, 1 + (1 / level - 1) * share);
  }

  /** Keeps a strand out of the face: below the forehead it hangs at least `curtain` mm to its side of the midline. */
  clearFace(p: [number, number, number], side: number, curtain: number): void {
    if (p[1] > 52 || p[2] < -75) return;
    const needed = curtain * smoothstep(52, 8, p[1]) * this.#identity.head.cheekWidth;
    if (p[0] * side < needed) p[0] = side * needed;
  }
}

function scaleAbout(p: [number, number, number], factor: number): void {
  p[0] *= factor;
  p[2] = CENTRE_Z + (p[2] - CENTRE_Z) * factor;
  if (p[1] > CENTRE_Y) p[1] = CENTRE_Y + (p[1] - CENTRE_Y) * factor;
}

/** Scales a vector to unit length, in place. */
export function normalize(v: [number, number, number]): void {
  const length = Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) + 1e-9;
  v[0] /= length;
  v[1] /= length;
  v[2] /= length;
}
