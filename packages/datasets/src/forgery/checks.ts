/**
 * What a crop and its landmarks must be before a forgery is made of them, so that no family meets a face that it would
 * answer with an empty mask or an unbounded warp.
 */
import type { RgbImage } from "../image/image.js";
import type { FivePoints } from "../image/landmarks.js";
import { ForgeryError } from "./errors.js";
import { pointList } from "./operations/align-donor.js";
import { faceFrame } from "./operations/face-frame.js";

/** Side of the smallest crop that the families are designed for, in pixels. */
export const SMALLEST_FACE = 48;

/** Points closer than this share of the crop's side cannot be told apart. */
const LEAST_DISTANCE = 0.02;
/** The eyes' distance times the distance from eyes to mouth is at least this share of the crop's area. */
const LEAST_AREA = 0.005;

/** @throws ForgeryError unless the image is a square RGB crop of at least {@link SMALLEST_FACE} px. */
export function requireFace(family: string, option: string, { width, height, data }: RgbImage): void {
  if (width === height && width >= SMALLEST_FACE && data.length === width * height * 3) return;
  throw new ForgeryError(
    family,
    option,
    `expected a square RGB crop of at least ${SMALLEST_FACE} x ${SMALLEST_FACE} px, ` +
      `got ${width} x ${height} px with ${data.length} values`,
  );
}

/** @throws ForgeryError unless the points lie on the crop, apart from one another, the mouth below the eyes. */
export function requireLandmarks(family: string, option: string, points: FivePoints, size: number): void {
  const list = pointList(points);
  const onCrop = list.every(([x, y]) => x >= 0 && y >= 0 && x < size && y < size);
  const apart = list.every(([x, y], i) =>
    list.slice(0, i).every(([u, v]) => Math.hypot(x - u, y - v) >= LEAST_DISTANCE * size),
  );
  const { across, down } = faceFrame(points);
  const area = across[0] * down[1] - across[1] * down[0];
  if (onCrop && apart && area >= LEAST_AREA * size * size) return;
  throw new ForgeryError(
    family,
    option,
    `expected five points apart from one another on a crop of ${size} px, the eyes side by side above the mouth, ` +
      `got ${JSON.stringify(points)}`,
  );
}
