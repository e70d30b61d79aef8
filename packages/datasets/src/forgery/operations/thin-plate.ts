/**
 * The thin-plate spline through pairs of points (Bookstein, IEEE TPAMI 1989): the map of least bending that takes
 * every `from` point to its `to` point. Kernel r² log r, with an affine part.
 */
import type { Point } from "../../image/landmarks.js";
import { identityMap, type WarpMap } from "./remap.js";

/** Pixels between the nodes at which a dense map is evaluated exactly; bilinear in between. */
const NODE_STEP = 4;

function kernel(squaredDistance: number): number {
  return squaredDistance === 0 ? 0 : 0.5 * squaredDistance * Math.log(squaredDistance);
}

/** Solves a dense linear system with two right-hand sides in place, by Gaussian elimination with pivoting. */
function solve(matrix: Float64Array[], size: number): void {
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(matrix[row]![column]!) > Math.abs(matrix[pivot]![column]!)) pivot = row;
    }
    const line = matrix[pivot]!;
    matrix[pivot] = matrix[column]!;
    matrix[column] = line;
    const scale = 1 / line[column]!;
    for (let i = column; i < size + 2; i++) line[i]! *= scale;
    for (let row = 0; row < size; row++) {
      const factor = matrix[row]![column]!;
      if (row === column || factor === 0) continue;
      for (let i = column; i < size + 2; i++) matrix[row]![i]! -= factor * line[i]!;
    }
  }
}

/** A fitted spline: `at(x, y)` is where the point (x, y) goes. */
export interface ThinPlateSpline {
  /** The image of a position. */
  at(x: number, y: number): Point;
}

/** Fits the spline that takes each of `from` (at least three, not on one line) to its partner in `to`. */
export function thinPlateSpline(from: readonly Point[], to: readonly Point[]): ThinPlateSpline {
  const count = from.length;
  const size = count + 3;
  const matrix = Array.from({ length: size }, () => new Float64Array(size + 2));
  for (let i = 0; i < count; i++) {
    const [x, y] = from[i]!;
    const row = matrix[i]!;
    for (let j = 0; j < count; j++) row[j] = kernel((x - from[j]![0]) ** 2 + (y - from[j]![1]) ** 2);
    row.set([1, x, y, to[i]![0], to[i]![1]], count);
    matrix[count]![i] = 1;
    matrix[count + 1]![i] = x;
    matrix[count + 2]![i] = y;
  }
  solve(matrix, size);
  const coefficient = (i: number, axis: 0 | 1): number => matrix[i]![size + axis]!;
  return {
    at(x, y) {
      let u = coefficient(count, 0) + coefficient(count + 1, 0) * x + coefficient(count + 2, 0) * y;
      let v = coefficient(count, 1) + coefficient(count + 1, 1) * x + coefficient(count + 2, 1) * y;
      for (let i = 0; i < count; i++) {
        const weight = kernel((x - from[i]![0]) ** 2 + (y - from[i]![1]) ** 2);
        u += weight * coefficient(i, 0);
        v += weight * coefficient(i, 1);
      }
      return [u, v];
    },
  };
}

/** The dense map of a spline over an output of `width` x `height`; bends finer than {@link NODE_STEP} px are lost. */
export function splineMap(spline: ThinPlateSpline, width: number, height: number): WarpMap {
  const columns = Math.ceil((width - 1) / NODE_STEP) + 1;
  const rows = Math.ceil((height - 1) / NODE_STEP) + 1;
  const nodes = new Float64Array(columns * rows * 2);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      nodes.set(spline.at(column * NODE_STEP, row * NODE_STEP), (row * columns + column) * 2);
    }
  }
  const map = identityMap(width, height);
  for (let i = 0; i < map.x.length; i++) {
    const gx = map.x[i]! / NODE_STEP;
    const gy = map.y[i]! / NODE_STEP;
    const column = Math.min(Math.floor(gx), Math.max(0, columns - 2));
    const row = Math.min(Math.floor(gy), Math.max(0, rows - 2));
    const fx = gx - column;
    const fy = gy - row;
    const p = (row * columns + column) * 2;
    const q = p + columns * 2;
    map.x[i] =
      (nodes[p]! * (1 - fx) + nodes[p + 2]! * fx) * (1 - fy) + (nodes[q]! * (1 - fx) + nodes[q + 2]! * fx) * fy;
    map.y[i] =
      (nodes[p + 1]! * (1 - fx) + nodes[p + 3]! * fx) * (1 - fy) + (nodes[q + 1]! * (1 - fx) + nodes[q + 3]! * fx) * fy;
  }
  return map;
}
