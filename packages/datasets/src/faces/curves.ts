/** The one-dimensional shapes that the face is drawn with: steps, bells, smooth maxima and spline interpolation. */

/** `low` to `high` as t goes from 0 to 1. */
export function mix(low: number, high: number, t: number): number {
  return low + (high - low) * t;
}

/** The value nearest to x in [low, high]. */
export function clamp(x: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, x));
}

/** A cubic step from 0 at `from` to 1 at `to`; falls if `from` is above `to`. */
export function smoothstep(from: number, to: number, x: number): number {
  const t = clamp((x - from) / (to - from), 0, 1);
  return t * t * (3 - 2 * t);
}

/** A bell of height 1 at 0 whose value at 1 is 1/e: exp(-d^2). */
export function bell(d: number): number {
  return Math.exp(-d * d);
}

/** A two-dimensional bell of height 1 at (cx, cy) with half-widths (rx, ry). */
export function bell2(x: number, y: number, cx: number, cy: number, rx: number, ry: number): number {
  const dx = (x - cx) / rx;
  const dy = (y - cy) / ry;
  const d = dx * dx + dy * dy;
  return d > 12 ? 0 : Math.exp(-d);
}

/** The larger of a and b, rounded over a difference of about `k` (polynomial smooth maximum). */
export function smoothMax(a: number, b: number, k: number): number {
  const h = Math.max(k - Math.abs(a - b), 0) / k;
  return Math.max(a, b) + h * h * k * 0.25;
}

/** Catmull-Rom interpolation through equally spaced values: `at` = 0 is the first, `values.length - 1` the last. */
export function spline(values: ArrayLike<number>, at: number): number {
  const last = values.length - 1;
  const i = clamp(Math.floor(at), 0, last - 1);
  const t = at - i;
  const p1 = values[i]!;
  const p2 = values[i + 1]!;
  const p0 = i > 0 ? values[i - 1]! : 2 * p1 - p2;
  const p3 = i + 2 <= last ? values[i + 2]! : 2 * p2 - p1;
  return p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)));
}
