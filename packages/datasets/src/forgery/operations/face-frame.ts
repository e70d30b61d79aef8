/**
 * A coordinate frame on the face, and the outlines of its parts in that frame, so that every size and position in a
 * family is relative to the face. Origin between the eyes; one unit is the distance between the eyes; `a` runs along the
 * eyes to the right of the picture, `b` down to the mouth, whose centre lies at b = 1.154 whatever the face's proportions.
 * The outlines are those of a mean adult face, drawn a little inside its contour so that masks do not take in background.
 */
import type { FivePoints, Point } from "../../image/landmarks.js";

/** Where the mouth's centre lies below the eyes on the canonical crop, in distances between the eyes. */
export const MOUTH_B = 1.154;

/** The frame; positions in pixels. */
export interface FaceFrame {
  /** Midpoint between the eyes. */
  readonly origin: Point;
  /** The step of one unit along the eyes. */
  readonly across: Point;
  /** The step of one unit towards the mouth. */
  readonly down: Point;
  /** Distance between the eyes in pixels: the unit of length. */
  readonly unit: number;
}

function middle(p: Point, q: Point): Point {
  return [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2];
}

/** The frame that five points span. */
export function faceFrame(points: FivePoints): FaceFrame {
  const origin = middle(points.leftEye, points.rightEye);
  const mouth = middle(points.leftMouth, points.rightMouth);
  const across: Point = [points.rightEye[0] - points.leftEye[0], points.rightEye[1] - points.leftEye[1]];
  return {
    origin,
    across,
    down: [(mouth[0] - origin[0]) / MOUTH_B, (mouth[1] - origin[1]) / MOUTH_B],
    unit: Math.hypot(across[0], across[1]),
  };
}

/** The pixel position of frame coordinates. */
export function toPixels({ origin, across, down }: FaceFrame, a: number, b: number): Point {
  return [origin[0] + a * across[0] + b * down[0], origin[1] + a * across[1] + b * down[1]];
}

/** The matrix that takes a pixel's offset from the origin to frame coordinates: a = m0 dx + m1 dy, b = m2 dx + m3 dy. */
export function toFrame({ across, down }: FaceFrame): readonly [number, number, number, number] {
  const determinant = across[0] * down[1] - across[1] * down[0];
  return [down[1] / determinant, -down[0] / determinant, -across[1] / determinant, across[0] / determinant];
}

/** The parts of a face that families replace. */
export type FacePart = "innerFace" | "tightFace" | "lowerFace" | "mouth";

/** Half outlines from the top down in frame coordinates; the other half is their mirror image. */
const HALF_OUTLINES: Record<FacePart, readonly Point[]> = {
  // From above the brows to the chin, as the hull of a 68-point landmark set.
  innerFace: [
    [0.2, -0.56],
    [0.55, -0.58],
    [0.85, -0.42],
    [0.98, -0.05],
    [0.97, 0.4],
    [0.9, 0.8],
    [0.76, 1.18],
    [0.56, 1.47],
    [0.3, 1.64],
  ],
  // From the brows to just below the lower lip, without the jaw's contour.
  tightFace: [
    [0.2, -0.36],
    [0.55, -0.4],
    [0.78, -0.25],
    [0.84, 0.1],
    [0.78, 0.5],
    [0.68, 0.9],
    [0.54, 1.22],
    [0.3, 1.46],
  ],
  // From below the eyes to the chin.
  lowerFace: [
    [0.16, 0.22],
    [0.5, 0.3],
    [0.86, 0.32],
    [0.92, 0.62],
    [0.84, 0.98],
    [0.7, 1.3],
    [0.5, 1.54],
    [0.25, 1.68],
  ],
  // From under the nose to the dimple of the chin.
  mouth: [
    [0.18, 0.74],
    [0.42, 0.82],
    [0.6, 1.02],
    [0.62, 1.22],
    [0.5, 1.42],
    [0.25, 1.54],
  ],
};

/** The outline of a part in pixels, in order around it, scaled by `scale` about its own centre. */
export function outlineOf(frame: FaceFrame, part: FacePart, scale = 1): Point[] {
  const half = HALF_OUTLINES[part];
  const centre = (half[0]![1] + half[half.length - 1]![1]) / 2;
  const place = (a: number, b: number): Point => toPixels(frame, a * scale, centre + (b - centre) * scale);
  const right = half.map(([a, b]) => place(a, b));
  const left = half.map(([a, b]) => place(-a, b)).reverse();
  return [...right, ...left];
}
