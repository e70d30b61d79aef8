/**
 * The five facial points, and where they lie on an aligned crop.
 * The positions are those that DeepfakeBench's alignment aims at (a similarity transform to 256 x 256 with scale 1.3),
 * so that crops made by its preprocessing, by ours and by the renderer share one geometry.
 */

/** A position in pixels: `[x, y]`, x to the right, y downwards, from the top left corner of the image. */
export type Point = readonly [x: number, y: number];

/** Five facial points in pixels. "Left" and "right" are those of the picture, not of the person. */
export interface FivePoints {
  /** Centre of the eye at the left of the picture. */
  readonly leftEye: Point;
  /** Centre of the eye at the right of the picture. */
  readonly rightEye: Point;
  /** Tip of the nose. */
  readonly noseTip: Point;
  /** Corner of the mouth at the left of the picture. */
  readonly leftMouth: Point;
  /** Corner of the mouth at the right of the picture. */
  readonly rightMouth: Point;
}

/** Side in pixels of the crop that the canonical positions are given for. */
const CANONICAL_SIZE = 256;

const CANONICAL: FivePoints = {
  leftEye: [96.87, 120.433],
  rightEye: [158.825, 120.09],
  noseTip: [128.044, 155.669],
  leftMouth: [102.592, 191.939],
  rightMouth: [153.899, 191.656],
};

/**
 * Where the five points lie on an aligned square crop.
 * @param size Side of the crop in pixels; the positions for 256 px are scaled by `size / 256`.
 * @throws RangeError if `size` is not a positive finite number.
 */
export function canonicalLandmarks(size: number): FivePoints {
  if (!(size > 0 && Number.isFinite(size))) {
    throw new RangeError(`size: expected a positive number of pixels, got ${size}`);
  }
  const scale = ([x, y]: Point): Point => [(x * size) / CANONICAL_SIZE, (y * size) / CANONICAL_SIZE];
  return {
    leftEye: scale(CANONICAL.leftEye),
    rightEye: scale(CANONICAL.rightEye),
    noseTip: scale(CANONICAL.noseTip),
    leftMouth: scale(CANONICAL.leftMouth),
    rightMouth: scale(CANONICAL.rightMouth),
  };
}
