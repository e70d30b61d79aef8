/**
 * Where the five points probably lie on a face crop that was not aligned, without a trained detector: the pattern of dark
 * (eyes, brows, nostrils, mouth) and bright parts (bridge and sides of the nose, cheeks, chin) that every evenly lit
 * frontal face shows, slid over the crop. Starts from expected points and searches near them only.
 */
import type { RgbImage } from "../../image/image.js";
import { canonicalLandmarks, type FivePoints, type Point } from "../../image/landmarks.js";
import { requireFace, requireLandmarks } from "../checks.js";
import { type FaceFrame, faceFrame, MOUTH_B, toFrame, toPixels } from "./face-frame.js";
import { gaussianBlur } from "./gaussian.js";
import type { Raster } from "./raster.js";
import { resize } from "./resize.js";
import { lumaOf } from "./ycbcr.js";

/** The search runs at this many pixels between the eyes. */
const SEARCH_UNIT = 16;
/** Farthest shift tried, in eye distances. */
const REACH = 0.5;
/** First guesses of size and of length from eyes to mouth, each tried at every shift. */
const SCALES = [0.88, 1, 1.12];
const STRETCHES = [0.88, 1];
/** Cost of the squared shift in eye distances, squared relative size, squared radians, squared relative length. */
const PRIOR = { shift: 0.5, scale: 3, turn: 3, stretch: 3 };
/** Rounds of the descent after the first guess; the last step is 1/16 of the first. */
const ROUNDS = 5;
/** Logarithm of the usual length from eyes to mouth against that of the expected points. */
const TYPICAL_STRETCH = -0.05;

/** Frame coordinates and weight: above 0 where a face is darker than its surroundings, below 0 where it is brighter. */
const PATTERN: readonly (readonly [a: number, b: number, weight: number])[] = [
  ...[-1, 1].flatMap((side) => [
    [0.5 * side, -0.04, 2] as const, // iris and upper lid
    [0.4 * side, -0.05, 0.7] as const,
    [0.62 * side, 0, 0.6] as const,
    [0.42 * side, -0.22, 0.4] as const, // brow
    [0.48 * side, 0.4, -1.2] as const, // cheek
    [0.68 * side, 0.42, -1.2] as const,
    [0.62 * side, 0.65, -0.8] as const,
    [0.65 * side, 0.9, -0.4] as const,
    [0.4 * side, -0.7, -0.4] as const, // forehead
    [0.2 * side, 0.7, 0.4] as const, // nostril
    [0.15 * side, MOUTH_B, 0.3] as const, // line between the lips
    [0.3 * side, MOUTH_B, 0.4] as const,
    [0.35 * side, 1.5, -0.4] as const, // chin
    [side, 1.1, 0.3] as const, // beside the jaw
  ]),
  [0, -0.4, -0.9], // between the brows
  [0, -0.75, -0.4],
  [0, 0.5, -0.3], // bridge of the nose
  [0, MOUTH_B, 0.3],
  [0, 1.65, -0.5],
];
const TOTAL_WEIGHT = PATTERN.reduce((sum, [, , weight]) => sum + Math.abs(weight), 0);

/** Darkness against the surroundings, in local standard deviations, cut so that no hair or shadow outweighs a face. */
function darkness(plane: Raster): Raster {
  const fine = gaussianBlur(plane, 0.07 * SEARCH_UNIT);
  const coarse = gaussianBlur(plane, 0.28 * SEARCH_UNIT);
  const squares = { ...plane, data: new Float32Array(plane.data.length) };
  for (let i = 0; i < plane.data.length; i++) {
    fine.data[i] = coarse.data[i]! - fine.data[i]!;
    squares.data[i] = fine.data[i]! * fine.data[i]!;
  }
  const energy = gaussianBlur(squares, 0.5 * SEARCH_UNIT);
  for (let i = 0; i < plane.data.length; i++) {
    fine.data[i] = Math.min(2, Math.max(-2, fine.data[i]! / (Math.sqrt(energy.data[i]!) + 0.01)));
  }
  return fine;
}

/** The response at a position, bilinear; 0 outside. */
function at({ width, height, data }: Raster, x: number, y: number): number {
  const column = Math.floor(x);
  const row = Math.floor(y);
  if (column < 0 || row < 0 || column >= width - 1 || row >= height - 1) return 0;
  const fx = x - column;
  const fy = y - row;
  const i = row * width + column;
  const above = data[i]! + fx * (data[i + 1]! - data[i]!);
  const below = data[i + width]! + fx * (data[i + width + 1]! - data[i + width]!);
  return above + fy * (below - above);
}

/** Shift in eye distances, logarithm of the size, turn in radians, logarithm of the length from eyes to mouth. */
type Pose = [shiftA: number, shiftB: number, size: number, turn: number, stretch: number];

/** Frame coordinates after a pose: stretched and turned about the middle of the face. */
function posed([shiftA, shiftB, size, turn, stretch]: Pose, a: number, b: number): Point {
  const scale = Math.exp(size);
  const across = scale * a;
  const down = scale * Math.exp(stretch) * (b - MOUTH_B / 2);
  const cos = Math.cos(turn);
  const sin = Math.sin(turn);
  return [cos * across - sin * down + shiftA, sin * across + cos * down + MOUTH_B / 2 + shiftB];
}

/** How well the pattern fits at a pose, less the cost of the pose. */
function fitness(map: Raster, frame: FaceFrame, pose: Pose): number {
  let sum = 0;
  for (const [a, b, weight] of PATTERN) {
    const [pa, pb] = posed(pose, a, b);
    const [x, y] = toPixels(frame, pa, pb);
    sum += weight * at(map, x, y);
  }
  const [shiftA, shiftB, size, turn, stretch] = pose;
  return (
    sum / TOTAL_WEIGHT -
    PRIOR.shift * (shiftA * shiftA + shiftB * shiftB) -
    PRIOR.scale * size * size -
    PRIOR.turn * turn * turn -
    PRIOR.stretch * (stretch - TYPICAL_STRETCH) ** 2
  );
}

/**
 * Refines five points on a crop whose face stands near the expected place.
 *
 * Meant for centre crops; on aligned crops it changes little. It knows nothing of faces beyond their light and dark, so
 * glasses, beards, hard shadows and strong turns of the head mislead it; a trained detector is better where there is one.
 *
 * @param face A square crop, values in 0..1.
 * @param expected Where the points are expected; the canonical positions unless given.
 * @throws ForgeryError unless the crop is square and at least 48 px and the expected points span a face on it.
 */
export function fitLandmarks(face: RgbImage, expected: FivePoints = canonicalLandmarks(face.width)): FivePoints {
  requireFace("fitLandmarks", "face", face);
  requireLandmarks("fitLandmarks", "expected", expected, face.width);
  const side = Math.round((face.width * SEARCH_UNIT) / faceFrame(expected).unit);
  const ratio = side / face.width;
  const map = darkness(resize(lumaOf(face), side, side, "bilinear"));
  const frame = scaleFrame(faceFrame(expected), ratio);

  let pose: Pose = [0, 0, 0, 0, 0];
  let score = Number.NEGATIVE_INFINITY;
  const consider = (candidate: Pose): boolean => {
    const value = fitness(map, frame, candidate);
    if (value <= score) return false;
    score = value;
    pose = candidate;
    return true;
  };
  const step = 1.5 / SEARCH_UNIT;
  for (const scale of SCALES) {
    for (const stretch of STRETCHES) {
      for (let b = -REACH; b <= REACH; b += step) {
        for (let a = -REACH; a <= REACH; a += step) consider([a, b, Math.log(scale), 0, Math.log(stretch)]);
      }
    }
  }
  for (let round = 0, width = 1; round < ROUNDS; round++, width /= 2) {
    let improved = true;
    while (improved) {
      improved = false;
      for (const [axis, unit] of [0.06, 0.06, 0.08, 0.06, 0.08].entries()) {
        for (const sign of [-1, 1]) {
          const candidate: Pose = [...pose];
          candidate[axis]! += sign * unit * width;
          improved = consider(candidate) || improved;
        }
      }
    }
  }

  const inFrame = toFrame(frame);
  const move = ([px, py]: Point): Point => {
    const dx = px * ratio - frame.origin[0];
    const dy = py * ratio - frame.origin[1];
    const [a, b] = posed(pose, inFrame[0] * dx + inFrame[1] * dy, inFrame[2] * dx + inFrame[3] * dy);
    const [x, y] = toPixels(frame, a, b);
    return [x / ratio, y / ratio];
  };
  return {
    leftEye: move(expected.leftEye),
    rightEye: move(expected.rightEye),
    noseTip: move(expected.noseTip),
    leftMouth: move(expected.leftMouth),
    rightMouth: move(expected.rightMouth),
  };
}

function scaleFrame({ origin, across, down, unit }: FaceFrame, factor: number): FaceFrame {
  const scaled = ([x, y]: Point): Point => [x * factor, y * factor];
  return { origin: scaled(origin), across: scaled(across), down: scaled(down), unit: unit * factor };
}
