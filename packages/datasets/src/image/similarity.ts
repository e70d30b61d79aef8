/**
 * The similarity transform (rotation, uniform scale, translation) that best maps one set of points onto another in the
 * least-squares sense (Umeyama, IEEE TPAMI 1991), in the plane, where it has a closed form in complex numbers.
 */
import type { Point } from "./landmarks.js";

/** (x, y) goes to (a x - b y + tx, b x + a y + ty), with a + ib = scale · exp(i · angle). */
export interface Similarity {
  /** Scale times the cosine of the angle. */
  readonly a: number;
  /** Scale times the sine of the angle. */
  readonly b: number;
  /** Translation along x, in pixels. */
  readonly tx: number;
  /** Translation along y, in pixels. */
  readonly ty: number;
}

/** The similarity of least squared distance from the images of `from` (not all the same point) to `to`. */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): Similarity {
  const count = from.length;
  let fx = 0;
  let fy = 0;
  let gx = 0;
  let gy = 0;
  for (let i = 0; i < count; i++) {
    fx += from[i]![0] / count;
    fy += from[i]![1] / count;
    gx += to[i]![0] / count;
    gy += to[i]![1] / count;
  }
  let real = 0;
  let imaginary = 0;
  let spread = 0;
  for (let i = 0; i < count; i++) {
    const x = from[i]![0] - fx;
    const y = from[i]![1] - fy;
    const u = to[i]![0] - gx;
    const v = to[i]![1] - gy;
    real += x * u + y * v;
    imaginary += x * v - y * u;
    spread += x * x + y * y;
  }
  const a = real / spread;
  const b = imaginary / spread;
  return { a, b, tx: gx - (a * fx - b * fy), ty: gy - (b * fx + a * fy) };
}
