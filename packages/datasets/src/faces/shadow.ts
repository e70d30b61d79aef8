/**
 * The shadow that the key light casts: a depth map seen from the light (Williams, SIGGRAPH 1978), looked up with a blur
 * (percentage-closer filtering: Reeves, Salesin and Cook, SIGGRAPH 1987).
 */
import { clamp } from "./curves.js";
import type { Direction } from "./lighting.js";
import { clearVisibility, createVisibility, rasterize, type Visibility } from "./raster.js";

const MAP_SIZE = 160;

/** Half the side of the square around the head that the map covers, in mm, and its centre. */
const REACH = 165;
const CENTRE = [0, -15, -60] as const;

/** Depth in mm by which a surface may lie behind the map's and still be lit; hides the map's own coarseness. */
const BIAS = 5;

/** A depth map of what the key light sees. */
export class ShadowMap {
  readonly #map: Visibility = createVisibility(MAP_SIZE);
  readonly #axes = new Float64Array(9);
  #points = new Float32Array(0);

  /** Draws the map of points in camera space. */
  draw(light: Direction, points: Float32Array, count: number, triangles: Uint32Array): void {
    // Right and up of the light's view: any two axes that are square to it.
    const [lx, ly, lz] = light;
    const flat = Math.hypot(lx, lz) + 1e-9;
    const axes = this.#axes;
    axes.set([lz / flat, 0, -lx / flat, (-ly * lx) / flat, flat, (-ly * lz) / flat, lx, ly, lz]);
    if (this.#points.length < 3 * count) this.#points = new Float32Array(3 * count);
    const scale = MAP_SIZE / (2 * REACH);
    for (let at = 0; at < 3 * count; at += 3) {
      const x = points[at]! - CENTRE[0];
      const y = points[at + 1]! - CENTRE[1];
      const z = points[at + 2]! - CENTRE[2];
      this.#points[at] = (axes[0]! * x + axes[1]! * y + axes[2]! * z + REACH) * scale;
      this.#points[at + 1] = (REACH - axes[3]! * x - axes[4]! * y - axes[5]! * z) * scale;
      this.#points[at + 2] = axes[6]! * x + axes[7]! * y + axes[8]! * z;
    }
    clearVisibility(this.#map);
    rasterize(this.#map, this.#points, triangles);
  }

  /** Adds a blob of `radius` mm at a point of camera space: how strands of hair cast their shadow. */
  splat(px: number, py: number, pz: number, radius: number): void {
    const axes = this.#axes;
    const [x, y, z] = [px - CENTRE[0], py - CENTRE[1], pz - CENTRE[2]];
    const scale = MAP_SIZE / (2 * REACH);
    const u = (axes[0]! * x + axes[1]! * y + axes[2]! * z + REACH) * scale;
    const v = (REACH - axes[3]! * x - axes[4]! * y - axes[5]! * z) * scale;
    const depth = axes[6]! * x + axes[7]! * y + axes[8]! * z;
    const r = radius * scale;
    const map = this.#map.depth;
    for (let row = Math.max(0, Math.round(v - r)); row <= Math.min(MAP_SIZE - 1, Math.round(v + r)); row++) {
      for (let column = Math.max(0, Math.round(u - r)); column <= Math.min(MAP_SIZE - 1, Math.round(u + r)); column++) {
        const at = row * MAP_SIZE + column;
        if (depth > map[at]!) map[at] = depth;
      }
    }
  }

  /** Share of the key light that reaches a point, 0 to 1, blurred over `softness` mm. */
  lit(px: number, py: number, pz: number, softness: number): number {
    const axes = this.#axes;
    const x = px - CENTRE[0];
    const y = py - CENTRE[1];
    const z = pz - CENTRE[2];
    const scale = MAP_SIZE / (2 * REACH);
    const u = (axes[0]! * x + axes[1]! * y + axes[2]! * z + REACH) * scale;
    const v = (REACH - axes[3]! * x - axes[4]! * y - axes[5]! * z) * scale;
    const depth = axes[6]! * x + axes[7]! * y + axes[8]! * z;
    const step = softness * scale * 0.5;
    const map = this.#map.depth;
    let sum = 0;
    let weights = 0;
    for (let j = -2; j <= 2; j++) {
      for (let i = -2; i <= 2; i++) {
        const weight = (3 - Math.abs(i)) * (3 - Math.abs(j));
        const column = Math.floor(u + i * step);
        const row = Math.floor(v + j * step);
        weights += weight;
        if (column < 0 || row < 0 || column >= MAP_SIZE || row >= MAP_SIZE) {
          sum += weight;
          continue;
        }
        // A surface is never in the shadow of a neighbour that it is nearly level with: fade over a few mm.
        sum += weight * clamp(1 - (map[row * MAP_SIZE + column]! - depth - BIAS) / 4, 0, 1);
      }
    }
    return sum / weights;
  }
}
