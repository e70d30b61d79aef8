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

/** Cells of the map per mm. */
const SCALE = MAP_SIZE / (2 * REACH);

/** Depth in mm by which a surface may lie behind the map's and still be lit; hides the map's own coarseness. */
const BIAS = 5;

/** A depth map of what the key light sees. */
export class ShadowMap {
  readonly #map: Visibility = createVisibility(MAP_SIZE);
  readonly #axes = new Float64Array(9);
  readonly #hairDepth = new Float32Array(MAP_SIZE * MAP_SIZE);
  readonly #hairCover = new Float32Array(MAP_SIZE * MAP_SIZE);
  #points = new Float32Array(0);
  #u = 0;
  #v = 0;
  #depth = 0;

  /** Draws the map of points in camera space, without hair. */
  draw(light: Direction, points: Float32Array, count: number, triangles: Uint32Array): void {
    // Right and up of the light's view: any two axes that are square to it.
    const [lx, ly, lz] = light;
    const flat = Math.hypot(lx, lz) + 1e-9;
    const axes = this.#axes;
    axes.set([lz / flat, 0, -lx / flat, (-ly * lx) / flat, flat, (-ly * lz) / flat, lx, ly, lz]);
    if (this.#points.length < 3 * count) this.#points = new Float32Array(3 * count);
    for (let at = 0; at < 3 * count; at += 3) {
      const x = points[at]! - CENTRE[0];
      const y = points[at + 1]! - CENTRE[1];
      const z = points[at + 2]! - CENTRE[2];
      this.#points[at] = (axes[0]! * x + axes[1]! * y + axes[2]! * z + REACH) * SCALE;
      this.#points[at + 1] = (REACH - axes[3]! * x - axes[4]! * y - axes[5]! * z) * SCALE;
      this.#points[at + 2] = axes[6]! * x + axes[7]! * y + axes[8]! * z;
    }
    clearVisibility(this.#map);
    this.#hairCover.fill(0);
    this.#hairDepth.fill(-Infinity);
    rasterize(this.#map, this.#points, triangles);
  }

  /** Adds a piece of hair around a point of camera space that covers `area` square mm. */
  addHair(px: number, py: number, pz: number, area: number): void {
    const axes = this.#axes;
    const [x, y, z] = [px - CENTRE[0], py - CENTRE[1], pz - CENTRE[2]];
    const column = Math.floor((axes[0]! * x + axes[1]! * y + axes[2]! * z + REACH) * SCALE);
    const row = Math.floor((REACH - axes[3]! * x - axes[4]! * y - axes[5]! * z) * SCALE);
    if (column < 1 || row < 1 || column >= MAP_SIZE - 1 || row >= MAP_SIZE - 1) return;
    const depth = axes[6]! * x + axes[7]! * y + axes[8]! * z;
    const cover = (area * SCALE * SCALE) / 9;
    for (let j = row - 1; j <= row + 1; j++) {
      for (let i = column - 1; i <= column + 1; i++) {
        const at = j * MAP_SIZE + i;
        this.#hairCover[at] = this.#hairCover[at]! + cover;
        if (depth > this.#hairDepth[at]!) this.#hairDepth[at] = depth;
      }
    }
  }

  /** Closes the gaps between the pieces of hair: spreads each cell's cover over its neighbours. */
  settleHair(): void {
    const cover = this.#hairCover.slice();
    const depth = this.#hairDepth.slice();
    for (let row = 1; row < MAP_SIZE - 1; row++) {
      for (let column = 1; column < MAP_SIZE - 1; column++) {
        const at = row * MAP_SIZE + column;
        let sum = 0;
        let nearest = -Infinity;
        for (let j = at - MAP_SIZE; j <= at + MAP_SIZE; j += MAP_SIZE) {
          for (let i = j - 1; i <= j + 1; i++) {
            sum += cover[i]!;
            nearest = Math.max(nearest, depth[i]!);
          }
        }
        this.#hairCover[at] = sum / 9;
        this.#hairDepth[at] = nearest;
      }
    }
  }

  /** Share of the key light that reaches a point, 0 to 1, blurred over `softness` mm. */
  lit(px: number, py: number, pz: number, softness: number): number {
    this.#find(px, py, pz);
    const u = this.#u;
    const v = this.#v;
    const depth = this.#depth;
    const step = softness * SCALE * 0.75;
    let sum = 4 * this.#tap(u, v, depth);
    sum += 2 * (this.#tap(u - step, v, depth) + this.#tap(u + step, v, depth));
    sum += 2 * (this.#tap(u, v - step, depth) + this.#tap(u, v + step, depth));
    sum += this.#tap(u - step, v - step, depth) + this.#tap(u + step, v - step, depth);
    sum += this.#tap(u - step, v + step, depth) + this.#tap(u + step, v + step, depth);
    return sum / 16;
  }

  /** A coarser {@link ShadowMap.lit} of five lookups that sees no hair, for the many points of hair. */
  litFast(px: number, py: number, pz: number, softness: number): number {
    this.#find(px, py, pz);
    const u = this.#u;
    const v = this.#v;
    const depth = this.#depth;
    const step = softness * SCALE * 0.7;
    let sum = this.#head(u, v, depth);
    sum += this.#head(u - step, v, depth) + this.#head(u + step, v, depth);
    sum += this.#head(u, v - step, depth) + this.#head(u, v + step, depth);
    return 0.2 * sum;
  }

  /** Finds column and row on the map, and depth towards the light. */
  #find(px: number, py: number, pz: number): void {
    const axes = this.#axes;
    const x = px - CENTRE[0];
    const y = py - CENTRE[1];
    const z = pz - CENTRE[2];
    this.#u = (axes[0]! * x + axes[1]! * y + axes[2]! * z + REACH) * SCALE;
    this.#v = (REACH - axes[3]! * x - axes[4]! * y - axes[5]! * z) * SCALE;
    this.#depth = axes[6]! * x + axes[7]! * y + axes[8]! * z;
  }

  #head(u: number, v: number, depth: number): number {
    if (!(u >= 0 && v >= 0 && u < MAP_SIZE && v < MAP_SIZE)) return 1;
    // A surface is never in the shadow of a neighbour that it is nearly level with: fade over a few mm.
    return clamp(1 - (this.#map.depth[(v | 0) * MAP_SIZE + (u | 0)]! - depth - BIAS) / 4, 0, 1);
  }

  #tap(u: number, v: number, depth: number): number {
    const lit = this.#head(u, v, depth);
    if (lit === 0 || !(u >= 0 && v >= 0 && u < MAP_SIZE && v < MAP_SIZE)) return lit;
    const at = (v | 0) * MAP_SIZE + (u | 0);
    const cover = this.#hairCover[at]!;
    if (cover === 0) return lit;
    return lit * (1 - (1 - Math.exp(-0.9 * cover)) * clamp((this.#hairDepth[at]! - depth - 1) / 3, 0, 1));
  }
}
