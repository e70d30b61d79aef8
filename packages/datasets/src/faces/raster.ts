/**
 * A triangle rasteriser with a depth buffer that stores, for each sample, the nearest triangle and the place on it (a
 * visibility buffer: Burns and Hunt, JCGT 2013). Shading then reads attributes only where something is seen.
 */

/** What is visible at each sample of a square raster. */
export interface Visibility {
  readonly size: number;
  /** Depth in mm towards the viewer; -Infinity where nothing is. */
  readonly depth: Float32Array;
  /** Index of the visible triangle, or -1. */
  readonly triangle: Int32Array;
  /** Barycentric weights of the triangle's second and third vertex. */
  readonly second: Float32Array;
  readonly third: Float32Array;
}

/** An empty raster of `size` x `size` samples. */
export function createVisibility(size: number): Visibility {
  const samples = size * size;
  return {
    size,
    depth: new Float32Array(samples),
    triangle: new Int32Array(samples),
    second: new Float32Array(samples),
    third: new Float32Array(samples),
  };
}

/** Forgets everything drawn. */
export function clearVisibility(target: Visibility): void {
  target.depth.fill(-Infinity);
  target.triangle.fill(-1);
}

/**
 * Draws triangles that face the viewer.
 *
 * @param points x, y (samples, y downwards) and depth of each vertex
 * @param triangles three vertex indices each, clockwise on the raster when facing the viewer
 */
export function rasterize(target: Visibility, points: Float32Array, triangles: Uint32Array): void {
  const { size, depth, triangle, second, third } = target;
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]!;
    const b = 3 * triangles[t + 1]!;
    const c = 3 * triangles[t + 2]!;
    const ax = points[a]!;
    const ay = points[a + 1]!;
    const bx = points[b]!;
    const by = points[b + 1]!;
    const cx = points[c]!;
    const cy = points[c + 1]!;
    const area = (cx - ax) * (by - ay) - (bx - ax) * (cy - ay);
    if (area <= 1e-7) continue;
    const left = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 0.5));
    const right = Math.min(size - 1, Math.floor(Math.max(ax, bx, cx) - 0.5));
    const top = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5));
    const bottom = Math.min(size - 1, Math.floor(Math.max(ay, by, cy) - 0.5));
    if (left > right || top > bottom) continue;
    const inverse = 1 / area;
    // Weights of b and c are linear over the raster.
    const bdx = -(cy - ay) * inverse;
    const bdy = (cx - ax) * inverse;
    const cdx = (by - ay) * inverse;
    const cdy = -(bx - ax) * inverse;
    const az = points[a + 2]!;
    const bz = points[b + 2]! - az;
    const cz = points[c + 2]! - az;
    for (let y = top; y <= bottom; y++) {
      const py = y + 0.5 - ay;
      for (let x = left; x <= right; x++) {
        const px = x + 0.5 - ax;
        const wb = px * bdx + py * bdy;
        const wc = px * cdx + py * cdy;
        if (wb < 0 || wc < 0 || wb + wc > 1) continue;
        const z = az + wb * bz + wc * cz;
        const at = y * size + x;
        if (z <= depth[at]!) continue;
        depth[at] = z;
        triangle[at] = t / 3;
        second[at] = wb;
        third[at] = wc;
      }
    }
  }
}
