/**
 * From head to picture: the pose turns the head on its neck, a pinhole camera projects it, and a similarity transform
 * brings the five projected landmarks to their canonical places, as a face aligner does (least squares: Umeyama,
 * "Least-squares estimation of transformation parameters between two point patterns", TPAMI 1991).
 */
import type { Point } from "../image/landmarks.js";
import type { Similarity } from "../image/similarity.js";

/** Turns of the head in radians: yaw to the right of the picture, pitch upwards, roll clockwise in the picture. */
export interface Pose {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

/** The point of the neck that the head turns about, in mm. */
const PIVOT = [0, -78, -82] as const;

/** A rotation as nine numbers, row by row. */
export type Rotation = Float64Array;

/** The rotation of a pose: roll after pitch after yaw. */
export function poseRotation({ yaw, pitch, roll }: Pose): Rotation {
  const [cy, sy] = [Math.cos(yaw), Math.sin(yaw)];
  const [cp, sp] = [Math.cos(pitch), Math.sin(-pitch)];
  const [cr, sr] = [Math.cos(-roll), Math.sin(-roll)];
  // Pitch after yaw.
  const m = [cy, 0, sy, sp * sy, cp, -sp * cy, -cp * sy, sp, cp * cy];
  return Float64Array.of(
    cr * m[0]! - sr * m[3]!,
    cr * m[1]! - sr * m[4]!,
    cr * m[2]! - sr * m[5]!,
    sr * m[0]! + cr * m[3]!,
    sr * m[1]! + cr * m[4]!,
    sr * m[2]! + cr * m[5]!,
    m[6]!,
    m[7]!,
    m[8]!,
  );
}

/** Turns `count` points in place, each as far as its `follow` (1 the whole turn, 0 none); all of it without `follow`. */
export function turnPoints(points: Float32Array, count: number, r: Rotation, follow?: Float32Array): void {
  for (let i = 0; i < count; i++) {
    const at = 3 * i;
    const x = points[at]! - PIVOT[0];
    const y = points[at + 1]! - PIVOT[1];
    const z = points[at + 2]! - PIVOT[2];
    const share = follow ? follow[i]! : 1;
    if (share === 0) continue;
    points[at] = points[at]! + share * (r[0]! * x + r[1]! * y + r[2]! * z - x);
    points[at + 1] = points[at + 1]! + share * (r[3]! * x + r[4]! * y + r[5]! * z - y);
    points[at + 2] = points[at + 2]! + share * (r[6]! * x + r[7]! * y + r[8]! * z - z);
  }
}

/** Where a turned point came from: the inverse of a whole turn, for one point. */
export function unturn(r: Rotation, x: number, y: number, z: number, out: Float64Array): void {
  const [dx, dy, dz] = [x - PIVOT[0], y - PIVOT[1], z - PIVOT[2]];
  out[0] = PIVOT[0] + r[0]! * dx + r[3]! * dy + r[6]! * dz;
  out[1] = PIVOT[1] + r[1]! * dx + r[4]! * dy + r[7]! * dz;
  out[2] = PIVOT[2] + r[2]! * dx + r[5]! * dy + r[8]! * dz;
}

/** A pinhole camera in front of the face that looks at the origin from `distance` mm, then a similarity into the crop. */
export interface Camera {
  readonly distance: number;
  readonly crop: Similarity;
}

/** Position in the plane through the origin, y downwards, before the crop's transform. */
export function projectToPlane(distance: number, x: number, y: number, z: number): Point {
  const scale = distance / (distance - z);
  return [x * scale, -y * scale];
}

/** Writes x, y (in the crop's units, y downwards) and depth of `count` points. */
export function projectPoints(camera: Camera, points: Float32Array, count: number, out: Float32Array): void {
  const { distance, crop } = camera;
  for (let at = 0; at < 3 * count; at += 3) {
    const z = points[at + 2]!;
    const scale = distance / (distance - z);
    const x = points[at]! * scale;
    const y = -points[at + 1]! * scale;
    out[at] = crop.a * x - crop.b * y + crop.tx;
    out[at + 1] = crop.b * x + crop.a * y + crop.ty;
    out[at + 2] = z;
  }
}
