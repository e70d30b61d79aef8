/**
 * Ambient occlusion from the depth buffer: a sample that lies behind the blurred depth of its surroundings sits in a
 * hollow (Luft, Colditz and Deussen, "Image enhancement by unsharp masking the depth buffer", SIGGRAPH 2006). Looked up
 * a little above the sample, since most ambient light comes from there: brows shade eyes, the chin shades the neck.
 */
import type { Visibility } from "./raster.js";

/** Occlusion at half the raster's resolution. */
export class Occlusion {
  readonly #half: number;
  readonly #depth: Float32Array;
  readonly #known: Float32Array;
  readonly #open: Float32Array;
  readonly #sum: Float32Array;
  readonly #count: Float32Array;
  readonly #columnSum: Float32Array;
  readonly #columnCount: Float32Array;

  constructor(size: number) {
    this.#half = size >> 1;
    const cells = this.#half * this.#half;
    this.#depth = new Float32Array(cells);
    this.#known = new Float32Array(cells);
    this.#open = new Float32Array(cells);
    this.#sum = new Float32Array(cells);
    this.#count = new Float32Array(cells);
    this.#columnSum = new Float32Array(this.#half);
    this.#columnCount = new Float32Array(this.#half);
  }

  /** Reads the depth of a raster; `cover` may then add to it before `measure`. */
  read(visibility: Visibility): void {
    const half = this.#half;
    const { size, depth } = visibility;
    for (let y = 0; y < half; y++) {
      for (let x = 0; x < half; x++) {
        const z = depth[2 * y * size + 2 * x]!;
        const at = y * half + x;
        const known = z > -1e6;
        this.#known[at] = known ? 1 : 0;
        this.#depth[at] = known ? z : 0;
      }
    }
  }

  /** Raises the depth around sample (x, y) of the raster, over a surface only: hair that lies on skin. */
  cover(x: number, y: number, z: number): void {
    const half = this.#half;
    const column = Math.floor(x / 2);
    const row = Math.floor(y / 2);
    if (column < 0 || row < 0 || column >= half || row >= half) return;
    const at = row * half + column;
    if (this.#known[at] === 1 && z > this.#depth[at]!) this.#depth[at] = z;
  }

  /** Measures what was read. `scale` is samples per mm. */
  measure(scale: number): void {
    const half = this.#half;
    this.#open.fill(0);
    this.#accumulate(Math.max(1, Math.round(2.6 * scale * 0.5)), 0, 0.2);
    this.#accumulate(Math.max(2, Math.round(9 * scale * 0.5)), Math.round(4 * scale * 0.5), 0.085);
    this.#accumulate(Math.max(3, Math.round(24 * scale * 0.5)), Math.round(14 * scale * 0.5), 0.026);
    for (let at = 0; at < half * half; at++) this.#open[at] = Math.exp(-Math.min(2.2, this.#open[at]!));
  }

  /** Share of ambient light that arrives at sample (x, y) of the raster, 0 to 1. */
  at(x: number, y: number): number {
    const half = this.#half;
    const fx = Math.min(half - 1.001, Math.max(0, x / 2 - 0.25));
    const fy = Math.min(half - 1.001, Math.max(0, y / 2 - 0.25));
    const ix = fx | 0;
    const iy = fy | 0;
    const at = iy * half + ix;
    const open = this.#open;
    const top = open[at]! + (open[at + 1]! - open[at]!) * (fx - ix);
    const bottom = open[at + half]! + (open[at + half + 1]! - open[at + half]!) * (fx - ix);
    return top + (bottom - top) * (fy - iy);
  }

  /** Adds strength times the depth (mm) of each cell below the mean of the box of `radius` cells, `lift` cells higher. */
  #accumulate(radius: number, lift: number, strength: number): void {
    const half = this.#half;
    const depth = this.#depth;
    const known = this.#known;
    // Rows first, then columns, both as running sums; cells without a surface do not count.
    for (let y = 0; y < half; y++) {
      const row = y * half;
      let sum = 0;
      let count = 0;
      for (let x = 0; x < Math.min(radius, half); x++) {
        sum += depth[row + x]!;
        count += known[row + x]!;
      }
      for (let x = 0; x < half; x++) {
        if (x + radius < half) {
          sum += depth[row + x + radius]!;
          count += known[row + x + radius]!;
        }
        if (x - radius - 1 >= 0) {
          sum -= depth[row + x - radius - 1]!;
          count -= known[row + x - radius - 1]!;
        }
        this.#sum[row + x] = sum;
        this.#count[row + x] = count;
      }
    }
    const columnSum = this.#columnSum.fill(0);
    const columnCount = this.#columnCount.fill(0);
    const addRow = (y: number, sign: number): void => {
      for (let x = 0; x < half; x++) {
        columnSum[x] = columnSum[x]! + sign * this.#sum[y * half + x]!;
        columnCount[x] = columnCount[x]! + sign * this.#count[y * half + x]!;
      }
    };
    for (let y = 0; y < Math.min(radius - lift, half); y++) addRow(y, 1);
    for (let y = 0; y < half; y++) {
      const entering = y - lift + radius;
      if (entering >= 0 && entering < half) addRow(entering, 1);
      const leaving = y - lift - radius - 1;
      if (leaving >= 0) addRow(leaving, -1);
      for (let x = 0; x < half; x++) {
        const at = y * half + x;
        const count = columnCount[x]!;
        if (known[at] === 0 || count < 0.5) continue;
        const behind = columnSum[x]! / count - depth[at]!;
        if (behind > 0) this.#open[at] = this.#open[at]! + strength * Math.min(behind, 40);
      }
    }
  }
}
