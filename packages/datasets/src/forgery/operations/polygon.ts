/**
 * Polygons as masks: the convex hull of points (Andrew's monotone chain, 1979), and the exact share of each pixel that
 * a polygon covers, by accumulating signed areas along its edges as font rasterisers do.
 */
import { type GrayImage, grayImage } from "../../image/image.js";
import type { Point } from "../../image/landmarks.js";

function turn(o: Point, p: Point, q: Point): number {
  return (p[0] - o[0]) * (q[1] - o[1]) - (p[1] - o[1]) * (q[0] - o[0]);
}

function halfHull(sorted: readonly Point[]): Point[] {
  const chain: Point[] = [];
  for (const point of sorted) {
    while (chain.length > 1 && turn(chain[chain.length - 2]!, chain[chain.length - 1]!, point) <= 0) chain.pop();
    chain.push(point);
  }
  chain.pop();
  return chain;
}

/** The corners of the smallest convex polygon that holds the points, in order around it. */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  return [...halfHull(sorted), ...halfHull([...sorted].reverse())];
}

/** Mean of max(0, t - x) for x uniform over [left, right]: how much of the columns before t lies right of the edge. */
function coveredBefore(t: number, left: number, right: number): number {
  if (t <= left) return 0;
  if (t >= right) return t - (left + right) / 2;
  return (t - left) ** 2 / (2 * (right - left));
}

/** Adds an edge to `change`, whose running sum along each row is the signed area right of the edges. */
function addEdge(change: Float64Array, width: number, height: number, p: Point, q: Point): void {
  if (p[1] === q[1]) return;
  const sign = p[1] < q[1] ? 1 : -1;
  const [top, bottom] = sign === 1 ? [p, q] : [q, p];
  const slope = (bottom[0] - top[0]) / (bottom[1] - top[1]);
  const endRow = Math.min(height, Math.ceil(bottom[1]));
  for (let row = Math.max(0, Math.floor(top[1])); row < endRow; row++) {
    const y0 = Math.max(row, top[1]);
    const y1 = Math.min(row + 1, bottom[1]);
    const xa = top[0] + (y0 - top[1]) * slope;
    const xb = top[0] + (y1 - top[1]) * slope;
    const left = Math.min(xa, xb);
    const right = Math.max(xa, xb);
    const first = Math.max(0, Math.floor(left));
    const last = Math.min(width - 1, Math.max(first, Math.floor(right) + 1));
    let previous = 0;
    for (let column = first; column <= last; column++) {
      const area = coveredBefore(column + 1, left, right) - coveredBefore(column, left, right);
      change[row * width + column]! += sign * (y1 - y0) * (area - previous);
      previous = area;
    }
  }
}

/**
 * The area of each pixel that a polygon covers, 0..1. Pixel (x, y) spans x - 0.5 .. x + 0.5, as landmarks name centres.
 * @param corners Corners in order, in either sense, of a polygon that does not cross itself; parts outside are cut off.
 */
export function polygonCoverage(corners: readonly Point[], width: number, height: number): GrayImage {
  const change = new Float64Array(width * height);
  const shifted = corners.map(([x, y]): Point => [x + 0.5, y + 0.5]);
  for (let i = 0; i < shifted.length; i++) {
    addEdge(change, width, height, shifted[i]!, shifted[(i + 1) % shifted.length]!);
  }
  const mask = grayImage(width, height);
  for (let row = 0; row < height; row++) {
    let sum = 0;
    for (let i = row * width; i < (row + 1) * width; i++) {
      sum += change[i]!;
      // Rounding leaves residues of 1e-16 outside; a mask must be exactly 0 there.
      mask.data[i] = Math.abs(sum) < 1e-9 ? 0 : Math.min(1, Math.abs(sum));
    }
  }
  return mask;
}
