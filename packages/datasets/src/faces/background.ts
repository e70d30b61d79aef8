/**
 * What is behind a person: a wall with furniture, a room, or the open air, painted once per video into a small texture of
 * linear radiance and blurred as a background out of focus is. Nothing in it needs to be recognised, only believed.
 */
import type { RandomStream } from "@roga/tensor-utils/random";
import { clamp, mix, smoothstep } from "./curves.js";
import type { LightRig } from "./lighting.js";
import { fractal2, hash2, noise2 } from "./noise.js";
import type { Colour } from "./pigments.js";

const SIZE = 96;

/** Half the side of the painted square in mm on the plane of the face. */
const REACH = 170;

/** A painted background. */
export class Background {
  readonly #texture: Float32Array;

  constructor(random: RandomStream, rig: LightRig) {
    const chance = (name: string): number => random.child(name).uniform();
    const seed = random.child("seed").seed32() | 0;
    const paintAt = rig.place === "outdoors" ? outdoors(chance, seed) : indoors(chance, seed, rig.place === "home");
    const texture = new Float32Array(3 * SIZE * SIZE);
    const level = rig.place === "outdoors" ? 1.25 : mix(0.55, 1.15, chance("level"));
    const slope = mix(-0.35, 0.35, chance("slope"));
    const colour = new Float64Array(3);
    for (let y = 0; y < SIZE; y++) {
      for (let x = 0; x < SIZE; x++) {
        const px = ((x + 0.5) / SIZE) * 2 * REACH - REACH;
        const py = REACH - ((y + 0.5) / SIZE) * 2 * REACH;
        paintAt(px, py, colour);
        const light = level * (1 + (slope * px) / REACH + (0.12 * py) / REACH);
        for (let c = 0; c < 3; c++) {
          const arriving = 0.55 * rig.keyColour[c]! + 0.5 * (rig.sky[c]! + rig.ground[c]!);
          texture[3 * (y * SIZE + x) + c] = Math.max(0.004, colour[c]! * light * arriving);
        }
      }
    }
    const radius = Math.round(mix(0, 3.4, chance("focus") ** 1.3));
    for (let pass = 0; pass < 2 && radius > 0; pass++) boxBlur(texture, radius);
    this.#texture = texture;
  }

  /** Writes the radiance at a place of the face's plane (mm, y up) to `out[at..at+2]`. */
  read(x: number, y: number, out: Float32Array, at: number): void {
    const fx = clamp(((x + REACH) / (2 * REACH)) * SIZE - 0.5, 0, SIZE - 1.001);
    const fy = clamp(((REACH - y) / (2 * REACH)) * SIZE - 0.5, 0, SIZE - 1.001);
    const ix = fx | 0;
    const iy = fy | 0;
    const [sx, sy] = [fx - ix, fy - iy];
    const texture = this.#texture;
    const first = 3 * (iy * SIZE + ix);
    for (let c = 0; c < 3; c++) {
      const p = first + c;
      const top = texture[p]! + (texture[p + 3]! - texture[p]!) * sx;
      const bottom = texture[p + 3 * SIZE]! + (texture[p + 3 * SIZE + 3]! - texture[p + 3 * SIZE]!) * sx;
      out[at + c] = top + (bottom - top) * sy;
    }
  }
}

type Chance = (name: string) => number;
type Painter = (x: number, y: number, out: Float64Array) => void;

const WALLS: readonly Colour[] = [
  [0.62, 0.6, 0.54],
  [0.5, 0.49, 0.47],
  [0.36, 0.4, 0.36],
  [0.56, 0.5, 0.4],
  [0.3, 0.35, 0.42],
  [0.68, 0.67, 0.66],
  [0.22, 0.2, 0.19],
  [0.42, 0.33, 0.27],
];

function blend(out: Float64Array, colour: Colour, share: number): void {
  for (let c = 0; c < 3; c++) out[c] = out[c]! + (colour[c]! - out[c]!) * share;
}

/** 1 inside a rectangle, with edges about 3 mm soft. */
function box(x: number, y: number, left: number, right: number, bottom: number, top: number): number {
  return (
    smoothstep(left - 2, left + 2, x) *
    smoothstep(right + 2, right - 2, x) *
    smoothstep(bottom - 2, bottom + 2, y) *
    smoothstep(top + 2, top - 2, y)
  );
}

function indoors(chance: Chance, seed: number, home: boolean): Painter {
  const wall = WALLS[Math.floor(chance("wall") * WALLS.length)]!;
  const kind = chance("furniture");
  const side = chance("side") < 0.5 ? -1 : 1;
  const edge = mix(30, 110, chance("edge"));
  const height = mix(-40, 60, chance("height"));
  const shelfGap = mix(62, 95, chance("shelfGap"));
  const frame: Colour = home ? [0.14, 0.08, 0.045] : [0.1, 0.1, 0.11];
  return (x, y, out) => {
    out[0] = wall[0];
    out[1] = wall[1];
    out[2] = wall[2];
    const grain = 1 + 0.03 * fractal2(x / 30, y / 30, seed);
    const at = side * x;
    if (kind < 0.3) {
      // Shelves with books.
      const row = Math.floor((y + height) / shelfGap);
      const within = y + height - row * shelfGap;
      const inShelf = smoothstep(edge - 3, edge, at);
      const book = Math.floor(at / 13 + 0.6 * noise2(row * 7.7, 1.5, seed));
      const tall = shelfGap * mix(0.5, 0.86, hash2(book, row, seed + 1));
      const tone = hash2(book, row, seed + 2);
      const spine: Colour = [
        mix(0.04, 0.5, hash2(book, row, seed + 3)) * (0.4 + tone),
        mix(0.05, 0.36, tone),
        mix(0.05, 0.42, hash2(book, row, seed + 4)),
      ];
      const dark: Colour = [0.05, 0.045, 0.04];
      blend(out, dark, inShelf);
      blend(out, spine, inShelf * (within < tall && within > 6 && hash2(book, row, seed + 5) > 0.12 ? 0.9 : 0));
      blend(out, frame[0] > 0.12 ? [0.3, 0.18, 0.09] : [0.42, 0.42, 0.4], inShelf * (within < 6 ? 1 : 0));
    } else if (kind < 0.5) {
      // A window with daylight and a cross bar.
      const inside = box(at, y, edge, edge + 130, -70 + height, 190);
      blend(out, [0.5, 0.49, 0.46], box(at, y, edge - 9, edge + 139, -79 + height, 200));
      blend(out, [1.25, 1.35, 1.5], inside * (0.8 + 0.2 * noise2(x / 50, y / 50, seed)));
      blend(out, [0.5, 0.49, 0.46], inside * box(at, y, edge + 58, edge + 66, -400, 400));
    } else if (kind < 0.72) {
      // A picture or notice on the wall.
      const [w, h] = [mix(50, 110, chance("width")), mix(50, 100, chance("tall"))];
      blend(out, frame, box(at, y, edge - 5, edge + w + 5, height - 5, height + h + 5));
      const inside = box(at, y, edge, edge + w, height, height + h);
      const hue = chance("picture");
      blend(out, [0.2 + 0.4 * hue, 0.38, 0.6 - 0.4 * hue], inside * (0.75 + 0.25 * fractal2(x / 22, y / 22, seed + 6)));
    } else if (kind < 0.86) {
      // A door or cupboard.
      const inside = smoothstep(edge - 2, edge + 2, at);
      const panel: Colour = home ? [0.3, 0.19, 0.1] : [0.2, 0.24, 0.25];
      blend(out, panel, inside * (0.92 + 0.08 * noise2(x / 4, y / 60, seed + 7)));
      blend(out, [0.05, 0.05, 0.05], box(at, y, edge - 1, edge + 4, -400, 400) * 0.8);
    } else {
      // A curtain in folds.
      const fold = 0.5 + 0.5 * Math.sin(x / 9 + 1.6 * noise2(x / 40, y / 160, seed + 8));
      blend(out, [wall[0] * 0.75, wall[1] * 0.6, wall[2] * 0.55], 0.75);
      for (let c = 0; c < 3; c++) out[c] = out[c]! * mix(0.55, 1.1, fold);
    }
    for (let c = 0; c < 3; c++) out[c] = out[c]! * grain;
  };
}

function outdoors(chance: Chance, seed: number): Painter {
  const horizon = mix(-70, 70, chance("horizon"));
  const building = chance("building") < 0.45;
  const side = chance("side") < 0.5 ? -1 : 1;
  const edge = mix(-40, 90, chance("edge"));
  const autumn = chance("autumn") < 0.2 ? 1 : 0;
  const brick: Colour = chance("brick") < 0.5 ? [0.36, 0.2, 0.14] : [0.48, 0.45, 0.4];
  return (x, y, out) => {
    const high = clamp((y - horizon) / 220, 0, 1);
    out[0] = mix(0.85, 0.42, high);
    out[1] = mix(0.92, 0.6, high);
    out[2] = mix(1, 0.92, high);
    // Trees and bushes: clumps of light and dark leaves with a ragged top.
    const top = horizon + 75 + 60 * fractal2(x / 70, 0.5, seed);
    const leaves = fractal2(x / 16, y / 16, seed + 1);
    const clump = noise2(x / 45, y / 45, seed + 2);
    const leaf: Colour = [
      mix(0.05, 0.3, autumn) * (1 + 0.7 * leaves) + 0.03,
      mix(0.1, 0.2, autumn) * (1 + 0.7 * leaves) + 0.04,
      0.025 * (1 + leaves) + 0.02,
    ];
    const gaps = smoothstep(-0.1, 0.35, leaves + (top - y) / 60);
    blend(out, [leaf[0] * (1 + 0.5 * clump), leaf[1] * (1 + 0.5 * clump), leaf[2]], gaps);
    if (building) {
      const inside = smoothstep(edge - 2, edge + 2, side * x);
      const [cellX, cellY] = [(side * x - edge) / 62, (y + 300) / 74];
      const [inX, inY] = [cellX - Math.floor(cellX), cellY - Math.floor(cellY)];
      const pane = inX > 0.25 && inX < 0.78 && inY > 0.25 && inY < 0.82 ? 0.9 : 0;
      blend(out, [brick[0] * (1 + 0.08 * leaves), brick[1] * (1 + 0.08 * leaves), brick[2]], inside);
      blend(out, [0.1, 0.13, 0.17], inside * pane);
    }
    const lawn = smoothstep(horizon - 60, horizon - 72, y);
    const grass = 1 + 0.25 * noise2(x / 6, y / 3, seed + 3);
    blend(out, building ? [0.3 * grass, 0.29 * grass, 0.27] : [0.14 * grass, 0.24 * grass, 0.05], lawn);
  };
}

/** Box blur of the texture along both axes, edges repeated. */
function boxBlur(texture: Float32Array, radius: number): void {
  const line = new Float32Array(SIZE + 2 * radius + 1);
  for (const [step, across] of [
    [3, 3 * SIZE],
    [3 * SIZE, 3],
  ] as const) {
    for (let row = 0; row < SIZE; row++) {
      for (let c = 0; c < 3; c++) {
        const first = row * across + c;
        for (let i = 0; i < line.length; i++) line[i] = texture[first + clamp(i - radius, 0, SIZE - 1) * step]!;
        let sum = 0;
        for (let i = 0; i <= 2 * radius; i++) sum += line[i]!;
        for (let i = 0; i < SIZE; i++) {
          texture[first + i * step] = sum / (2 * radius + 1);
          sum += line[i + 2 * radius + 1]! - line[i]!;
        }
      }
    }
  }
}
