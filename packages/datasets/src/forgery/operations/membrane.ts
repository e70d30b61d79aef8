/**
 * The membrane of seamless cloning (Perez, Gangnet, Blake: Poisson image editing, SIGGRAPH 2003): inside a region the
 * harmonic function that takes given values around it. Source plus the membrane of (target - source) is the Poisson clone.
 * Solved from coarse to fine (cascadic multigrid, Bornemann, Deuflhard 1996) with successive over-relaxation.
 */
import { channelsOf, type Raster, zeros } from "./raster.js";

const SWEEPS = 12;
const RELAXATION = 1.6;

/** Halves the problem: a coarse cell is known where any of its children is, with the mean of the known ones. */
function coarsen(values: Raster, unknown: Uint8Array): { values: Raster; unknown: Uint8Array } {
  const { width, height, data } = values;
  const channels = channelsOf(values);
  const coarse = zeros(Math.ceil(width / 2), Math.ceil(height / 2), channels);
  const count = new Uint8Array(coarse.width * coarse.height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (unknown[i] !== 0) continue;
      const parent = (y >> 1) * coarse.width + (x >> 1);
      count[parent]! += 1;
      for (let c = 0; c < channels; c++) coarse.data[parent * channels + c]! += data[i * channels + c]!;
    }
  }
  for (let i = 0; i < count.length; i++) {
    if (count[i] === 0) continue;
    for (let c = 0; c < channels; c++) coarse.data[i * channels + c]! /= count[i]!;
  }
  return { values: coarse, unknown: count.map((known) => (known === 0 ? 1 : 0)) };
}

/** Relaxes the unknown cells in place; beyond the raster's border the value repeats (no flux). */
function relax(values: Raster, cells: Int32Array, sweeps: number): void {
  const { width, height, data } = values;
  const channels = channelsOf(values);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let n = 0; n < cells.length; n++) {
      // Alternate the direction, so that corrections travel both ways.
      const i = cells[sweep % 2 === 0 ? n : cells.length - 1 - n]!;
      const x = i % width;
      const y = (i - x) / width;
      const left = (x > 0 ? i - 1 : i) * channels;
      const right = (x < width - 1 ? i + 1 : i) * channels;
      const up = (y > 0 ? i - width : i) * channels;
      const down = (y < height - 1 ? i + width : i) * channels;
      for (let c = 0; c < channels; c++) {
        const here = data[i * channels + c]!;
        const mean = (data[left + c]! + data[right + c]! + data[up + c]! + data[down + c]!) / 4;
        data[i * channels + c] = here + RELAXATION * (mean - here);
      }
    }
  }
}

/**
 * Fills the unknown cells of `values` with the membrane of the known ones, in a new raster.
 * @param unknown 1 for each cell to fill, `width * height`; at least one cell is known.
 * @param sweeps Relaxation sweeps a level: 12 leave errors of about one percent of the range of the known values.
 */
export function membrane(values: Raster, unknown: Uint8Array, sweeps = SWEEPS): Raster {
  const { width, height } = values;
  const channels = channelsOf(values);
  const output = { width, height, data: values.data.slice() };
  const cells: number[] = [];
  for (let i = 0; i < unknown.length; i++) if (unknown[i] !== 0) cells.push(i);
  if (cells.length === 0) return output;
  const coarse = coarsen(values, unknown);
  const start = membrane(coarse.values, coarse.unknown, sweeps);
  for (const i of cells) {
    const x = i % width;
    const parent = (((i - x) / width) >> 1) * start.width + (x >> 1);
    for (let c = 0; c < channels; c++) output.data[i * channels + c] = start.data[parent * channels + c]!;
  }
  relax(output, Int32Array.from(cells), sweeps);
  return output;
}
