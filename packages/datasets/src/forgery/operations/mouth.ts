/**
 * The mouth as expression families see it: where its line runs on this face, how a smile and an opening displace its
 * surroundings, and what shows between the lips. A sketch of what a 3-D model's blend shapes do to a frontal face
 * (Face2Face, Thies et al., CVPR 2016), in the face's frame.
 */
import { type FaceFrame, MOUTH_B, toFrame, toPixels } from "./face-frame.js";
import { gaussianBlur } from "./gaussian.js";
import type { Raster } from "./raster.js";
import { identityMap, type WarpMap } from "./remap.js";
import { luma, lumaOf } from "./ycbcr.js";

/** Half the width of a mouth at rest, in eye distances. */
const HALF_WIDTH = 0.42;
/** Reach of a corner's pull, in eye distances. */
const CORNER_REACH = 0.26;
/** Distance below the lower lip at which the jaw's drop has died out, in eye distances. */
const CHIN_REACH = 0.52;
/** Distance above the upper lip at which its lift has died out: the base of the nose. */
const NOSE_REACH = 0.3;
/** Share of an opening by which the upper lip rises; the lower lip falls by the rest. */
const UPPER_SHARE = 0.2;

/** How far the line between the lips may lie from its expected place, in eye distances. */
const SEARCH_REACH = 0.2;
const SEARCH_STEP = 0.02;

/**
 * Where the line between the lips crosses the face's axis, as frame coordinate b: the row of the strongest dark valley
 * near the expected place, as the line is darker than the lips around it.
 */
export function findMouthLine(image: Raster, frame: FaceFrame): number {
  const plane = gaussianBlur(lumaOf(image), 0.035 * frame.unit);
  const rowMean = (b: number): number => {
    let sum = 0;
    for (let a = -0.24; a <= 0.241; a += 0.06) {
      const [x, y] = toPixels(frame, a, b);
      const column = Math.min(image.width - 1, Math.max(0, Math.round(x)));
      const row = Math.min(image.height - 1, Math.max(0, Math.round(y)));
      sum += plane.data[row * image.width + column]!;
    }
    return sum / 9;
  };
  let best = MOUTH_B;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (let offset = -SEARCH_REACH; offset <= SEARCH_REACH + 1e-9; offset += SEARCH_STEP) {
    const b = MOUTH_B + offset;
    const valley = (rowMean(b - 0.11) + rowMean(b + 0.11)) / 2 - rowMean(b);
    const score = valley - offset * offset;
    if (score > bestScore) {
      bestScore = score;
      best = b;
    }
  }
  return best;
}

/** An expression, in eye distances. */
export interface Expression {
  /** Distance between the lips at the centre. */
  readonly opening: number;
  /** How far the corners move outwards and up; negative pulls them in and down. */
  readonly smile: number;
  /** How unequal the corners are: -1 moves only the left of the picture, 1 only the right, 0 both alike. */
  readonly asymmetry: number;
  /** The mouth's line at rest, frame coordinate b. */
  readonly line: number;
}

/** An expression as geometry. */
export interface ExpressionWarp {
  /** Where each pixel's surface comes from. */
  readonly map: WarpMap;
  /** 1 where the inside of the mouth shows, 0 where skin or lips do; `width * height`. */
  readonly inside: Float32Array;
  /** Position across the mouth, -1 at its left corner to 1 at its right one, where `inside` is above 0. */
  readonly across: Float32Array;
  /** Position down the opening, 0 at the upper lip to 1 at the lower lip, where `inside` is above 0. */
  readonly depth: Float32Array;
}

function smoothStep(t: number): number {
  const x = Math.min(1, Math.max(0, t));
  return x * x * (3 - 2 * x);
}

/** The geometry of an expression on a picture of `width` x `height`. */
export function expressionWarp(
  frame: FaceFrame,
  width: number,
  height: number,
  expression: Expression,
): ExpressionWarp {
  const { opening, smile, asymmetry, line } = expression;
  const map = identityMap(width, height);
  const inside = new Float32Array(width * height);
  const across = new Float32Array(width * height);
  const depth = new Float32Array(width * height);
  const [m0, m1, m2, m3] = toFrame(frame);
  const rowsPerUnit = Math.hypot(frame.down[0], frame.down[1]);
  const leftPull = smile * (1 - Math.max(0, asymmetry));
  const rightPull = smile * (1 + Math.min(0, asymmetry));
  const decay = -1 / (2 * CORNER_REACH * CORNER_REACH);
  for (let i = 0; i < inside.length; i++) {
    const dx = map.x[i]! - frame.origin[0];
    const dy = map.y[i]! - frame.origin[1];
    const a = m0 * dx + m1 * dy;
    const b = m2 * dx + m3 * dy - line;
    if (Math.abs(a) > 1.2 || Math.abs(b) > 1) continue;
    const left = leftPull * Math.exp(decay * ((a + HALF_WIDTH) ** 2 + b * b));
    const right = rightPull * Math.exp(decay * ((a - HALF_WIDTH) ** 2 + b * b));
    // The line between the lips after the smile, at this column.
    const lift =
      leftPull * Math.exp(decay * (a + HALF_WIDTH) ** 2) + rightPull * Math.exp(decay * (a - HALF_WIDTH) ** 2);
    const relative = a / HALF_WIDTH;
    const gap = relative * relative < 1 ? opening * (1 - relative * relative) : 0;
    const t = b + lift;
    const upperEdge = -UPPER_SHARE * gap;
    const lowerEdge = (1 - UPPER_SHARE) * gap;
    let drop = 0;
    if (t > lowerEdge) drop = lowerEdge * (1 - smoothStep((t - lowerEdge - 0.1) / (CHIN_REACH - 0.1)));
    else if (t < upperEdge) drop = upperEdge * (1 - smoothStep((upperEdge - t) / NOSE_REACH));
    else drop = t < gap / 2 ? upperEdge : lowerEdge;
    const distance = Math.min(t - upperEdge, lowerEdge - t) * rowsPerUnit;
    if (gap > 0) {
      inside[i] = Math.min(1, Math.max(0, distance + 0.5));
      across[i] = relative;
      depth[i] = Math.min(1, Math.max(0, (t - upperEdge) / gap));
    }
    const sourceA = -right + left;
    const sourceB = right + left - drop;
    map.x[i]! += sourceA * frame.across[0] + sourceB * frame.down[0];
    map.y[i]! += sourceA * frame.across[1] + sourceB * frame.down[1];
  }
  return { map, inside, across, depth };
}

/** How the inside of a mouth looks. */
export interface MouthInterior {
  /** Share of the opening, from the upper lip down, that the upper teeth fill. */
  readonly teeth: number;
  /** Colour of the teeth in full light. */
  readonly white: readonly [r: number, g: number, b: number];
  /** Luma of the cavity behind them. */
  readonly cavity: number;
}

/** Share of the face's tint that teeth show: they are paler than skin under the same light. */
const TEETH_TINT = 0.4;

/** The colour of teeth in the light that gives a face this mean colour: `brightness` times its luma, slightly yellow. */
export function teethWhite(
  face: readonly [r: number, g: number, b: number],
  brightness: number,
): [number, number, number] {
  const own = luma(...face);
  const shade = (value: number, yellow: number): number =>
    Math.min(0.95, brightness * own * yellow * (own === 0 ? 1 : 1 + TEETH_TINT * (value / own - 1)));
  return [shade(face[0], 1), shade(face[1], 0.98), shade(face[2], 0.92)];
}

/** Paints the inside of the mouth over a raster, in place: teeth, the dark behind them, a hint of tongue. */
export function paintInterior(raster: Raster, warp: ExpressionWarp, { teeth, white, cavity }: MouthInterior): void {
  const { data } = raster;
  for (let i = 0; i < warp.inside.length; i++) {
    const alpha = warp.inside[i]!;
    if (alpha === 0) continue;
    const across = warp.across[i]!;
    const depth = warp.depth[i]!;
    // Teeth fade towards the corners, where the cheeks shade them, and show faint gaps.
    const gaps = 1 - 0.12 * (0.5 + 0.5 * Math.cos(across * 6 * Math.PI)) ** 3;
    const band = (1 - smoothStep((depth - teeth) / 0.12)) * (1 - smoothStep((Math.abs(across) - 0.6) / 0.4));
    const light = gaps * (0.7 + 0.3 * smoothStep(depth / 0.25));
    const tongue = 0.2 * smoothStep((depth - 0.45) / 0.5) * (1 - across * across);
    const colours = [1.6 * cavity + 1.5 * tongue, 0.75 * cavity + 0.6 * tongue, 0.7 * cavity + 0.6 * tongue];
    for (let c = 0; c < 3; c++) {
      const wanted = band * light * white[c]! + (1 - band) * colours[c]!;
      data[3 * i + c]! += alpha * (wanted - data[3 * i + c]!);
    }
  }
}
