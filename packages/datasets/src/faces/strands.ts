/**
 * Hair as strands: polylines that start on the skin and are combed, pulled down, curled and kept off the head. A strand
 * stands for a lock of some dozens of hairs; `ribbons.ts` draws it as a ribbon with its own fine texture.
 */
import { type Combing, combAt, combingOf } from "./comb.js";
import { clamp, mix, smoothstep } from "./curves.js";
import { HeadSurface } from "./head.js";
import type { FaceIdentity } from "./identity.js";
import { hash2, noise2 } from "./noise.js";
import type { Colour } from "./pigments.js";
import { hairlineHeight, scalpDensity } from "./scalp.js";
import { normalize, Skull } from "./skull.js";

/** Locks of hair of one colour, all with the same number of points. */
export interface Strands {
  readonly count: number;
  /** Points of each strand, at least 2. */
  readonly points: number;
  /** x, y, z of every point at rest, strand after strand, in draw order (back to front). */
  readonly positions: Float32Array;
  /** Share of light that reaches each point through the hair above it, 0 to 1. */
  readonly openness: Float32Array;
  /** Unit direction away from the head at each point, at rest. */
  readonly outward: Float32Array;
  /** Half-width of each strand in mm, its brightness (about 1), and the vertex it moves with (-1: none). */
  readonly halfWidths: Float32Array;
  readonly tones: Float32Array;
  readonly anchors: Int32Array;
  readonly colour: Colour;
  /** Strength of the highlights: 1 for smooth long hair. */
  readonly gloss: number;
  /** Opaque and of one thickness, as wire is, instead of hairs that taper. */
  readonly solid: boolean;
}

/** A strand before it is ordered. */
export interface Lock {
  readonly points: Float32Array;
  readonly openness: Float32Array;
  readonly outward: Float32Array;
  readonly halfWidth: number;
  readonly tone: number;
  readonly anchor: number;
  readonly order: number;
}

/** Orders locks from back to front and joins them. */
export function collect(locks: Lock[], points: number, colour: Colour, gloss: number): Strands {
  locks.sort((a, b) => a.order - b.order);
  const strands: Strands = {
    count: locks.length,
    points,
    positions: new Float32Array(locks.length * points * 3),
    openness: new Float32Array(locks.length * points),
    outward: new Float32Array(locks.length * points * 3),
    halfWidths: Float32Array.from(locks, (lock) => lock.halfWidth),
    tones: Float32Array.from(locks, (lock) => lock.tone),
    anchors: Int32Array.from(locks, (lock) => lock.anchor),
    colour,
    gloss,
    solid: false,
  };
  locks.forEach((lock, i) => {
    strands.positions.set(lock.points, i * points * 3);
    strands.openness.set(lock.openness, i * points);
    strands.outward.set(lock.outward, i * points * 3);
  });
  return strands;
}

/** The hair of the head. */
export function growHair(identity: FaceIdentity): Strands {
  const { hair } = identity;
  const combing = combingOf(hair);
  const surface = new HeadSurface(identity);
  const skull = new Skull(identity);
  const steps = clamp(Math.round(hair.length / Math.min(14, hair.wavelength / 6)), 4, 30);
  const locks: Lock[] = [];
  const root = new Float64Array(3);
  // Rows 0 to 15 of the profile hold the hairy part of the head. A fringe takes more locks from the front of the crown.
  const grow = (first: number, count: number, reach: number, top: number, bottom: number): void => {
    const wanted = locks.length + count;
    for (let attempt = first; locks.length < wanted && attempt < first + 8 * count; attempt++) {
      const random = (draw: number): number => hash2(attempt, draw, hair.seed);
      const angle = (2 * random(0) - 1) * reach;
      surface.at(mix(top, bottom, random(1) ** 0.9), angle, root);
      // The rings of rows near the crown are small.
      if (random(2) > 0.25 + Math.sqrt(root[0]! ** 2 + (root[2]! + 90) ** 2) / 100) continue;
      if (random(3) > scalpDensity(hair, angle, root[1]!)) continue;
      const above = root[1]! - hairlineHeight(hair, angle);
      locks.push(growLock(hair.seed, attempt, root, angle, above, combing, skull, steps, identity));
    }
  };
  grow(0, combing.count, 2.6, 0, 15);
  if (hair.fringe > 0) grow(1_000_000, Math.round(330 * hair.fringe), 0.72, 2.2, 4.3);
  return collect(locks, steps + 1, hair.colour, combing.gloss);
}

function growLock(
  seed: number,
  index: number,
  root: Float64Array,
  angle: number,
  above: number,
  combing: Combing,
  skull: Skull,
  steps: number,
  identity: FaceIdentity,
): Lock {
  const { hair } = identity;
  const random = (draw: number): number => hash2(index, draw, seed);
  const p = [root[0]!, root[1]!, root[2]!] as [number, number, number];
  const normal: [number, number, number] = [0, 0, 0];
  skull.normal(p, normal);
  const way = combAt(hair, combing, p, normal, angle, random(4), above);
  const layer = random(5);
  const length = way.length * mix(0.78, 1.08, random(6)) * smoothstep(-6, 14, above + 8);
  const lift = way.lift * mix(0.55, 1.15, layer);
  const clumpX = noise2(p[0] / 17, (p[1] + p[2]) / 17, seed + 5);
  const clumpY = noise2(p[0] / 17 + 40, (p[1] + p[2]) / 17, seed + 6);
  const direction: [number, number, number] = [
    way.direction[0] + normal[0] * lift + combing.disorder * clumpX,
    way.direction[1] + normal[1] * lift + combing.disorder * clumpY,
    way.direction[2] + normal[2] * lift + combing.disorder * (random(7) - 0.5),
  ];
  normalize(direction);
  const points = new Float32Array(3 * (steps + 1));
  const openness = new Float32Array(steps + 1);
  const outward = new Float32Array(3 * (steps + 1));
  const side = p[0] === 0 ? 1 : Math.sign(p[0] - (combing.parted ? hair.parting : 0));
  const away = combing.volume * (0.12 + 0.88 * layer);
  const phase = 2 * Math.PI * (0.6 * clumpX + 0.25 * (random(8) - 0.5) + (hair.curl > 4 ? random(9) * 0.5 : 0));
  let walked = 0;
  for (let k = 0; k <= steps; k++) {
    const share = k / steps;
    // The lock's own curl, about its axis, grows from root to tip.
    const ramp = Math.min(1, share * 2.2) * Math.min(1, (length / 30) ** 2);
    const turn = phase + (2 * Math.PI * walked) / hair.wavelength;
    const radius = hair.curl * ramp * mix(0.7, 1.3, random(10));
    skull.normal(p, normal);
    outward.set(normal, 3 * k);
    const across = [
      direction[1] * normal[2] - direction[2] * normal[1],
      direction[2] * normal[0] - direction[0] * normal[2],
      direction[0] * normal[1] - direction[1] * normal[0],
    ] as const;
    const [c, s] = [0.55 * radius * (1 + Math.cos(turn)), radius * Math.sin(turn)];
    points[3 * k] = p[0] + c * normal[0] + s * across[0];
    points[3 * k + 1] = p[1] + c * normal[1] + s * across[1];
    points[3 * k + 2] = p[2] + c * normal[2] + s * across[2];
    openness[k] = clamp(mix(0.38, 1, layer) * mix(0.72, 1.05, Math.min(1, 1.6 * share)), 0, 1);

    const step = length / steps;
    walked += step;
    const before: [number, number, number] = [p[0], p[1], p[2]];
    p[0] += direction[0] * step;
    p[1] += direction[1] * step;
    p[2] += direction[2] * step;
    skull.keepOff(p, Math.min(away, 1.2 + walked * 0.5), way.overEars);
    if (way.clearFace) skull.clearFace(p, side, combing.curtain + 3 * layer);
    if (way.cling > 0) skull.drawTo(p, away, 1 - (1 - way.cling) ** (step / 8));
    direction[0] = (p[0] - before[0]) / step;
    direction[1] = (p[1] - before[1]) / step - way.gravity * step * mix(0.85, 1.15, random(11));
    direction[2] = (p[2] - before[2]) / step;
    if (way.tuck > 0 && share > 0.7) direction[0] -= side * way.tuck * (share - 0.7);
    direction[0] += 0.02 * combing.disorder * step * (noise2(walked / 25, index * 0.37, seed + 7) + clumpX);
    normalize(direction);
  }
  const middle = 3 * (steps >> 1);
  return {
    points,
    openness,
    outward,
    halfWidth: combing.halfWidth * mix(0.75, 1.25, random(12)),
    tone: mix(0.78, 1.22, random(13)) * (1 + 0.12 * clumpX),
    anchor: -1,
    order: points[middle + 2]! + 6 * layer + (way.inFront ? 30 : 0),
  };
}
