/**
 * The guided filter (He, Sun, Tang: Guided image filtering, ECCV 2010) guided by the raster itself, channel by channel:
 * removes texture and noise whose local variance is below `epsilon`, keeps stronger edges.
 * Window means run in constant time per pixel, with replicated borders.
 */
import { channelsOf, type Raster } from "./raster.js";

/** Running sums of one line of `length` samples `step` apart, the borders replicated. */
function meanLine(
  source: Float32Array,
  target: Float32Array,
  start: number,
  step: number,
  length: number,
  radius: number,
) {
  const last = start + (length - 1) * step;
  const scale = 1 / (2 * radius + 1);
  let sum = radius * source[start]!;
  for (let i = 0; i <= radius; i++) sum += source[Math.min(last, start + i * step)]!;
  for (let i = 0; i < length; i++) {
    target[start + i * step] = sum * scale;
    const entering = Math.min(length - 1, i + radius + 1);
    const leaving = Math.max(0, i - radius);
    sum += source[start + entering * step]! - source[start + leaving * step]!;
  }
}

/** The mean over a square window of side `2 * radius + 1` (as `scipy.ndimage.uniform_filter(mode="nearest")`). */
export function boxMean(raster: Raster, radius: number): Raster {
  const { width, height, data } = raster;
  const channels = channelsOf(raster);
  const rows = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let c = 0; c < channels; c++) meanLine(data, rows, y * width * channels + c, channels, width, radius);
  }
  const output = new Float32Array(data.length);
  for (let i = 0; i < width * channels; i++) meanLine(rows, output, i, width * channels, height, radius);
  return { width, height, data: output };
}

/**
 * The edge-preserving smooth of a raster.
 * @param radius Window radius in whole pixels, at least 1.
 * @param epsilon Variance (squared value units) below which structure counts as texture and is smoothed away.
 */
export function guidedFilter(raster: Raster, radius: number, epsilon: number): Raster {
  const { width, height, data } = raster;
  const mean = boxMean(raster, radius);
  const squares = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) squares[i] = data[i]! * data[i]!;
  const gain = boxMean({ width, height, data: squares }, radius);
  const offset = mean.data;
  for (let i = 0; i < data.length; i++) {
    const variance = Math.max(0, gain.data[i]! - offset[i]! * offset[i]!);
    gain.data[i] = variance / (variance + epsilon);
    offset[i] = offset[i]! * (1 - gain.data[i]!);
  }
  const meanGain = boxMean(gain, radius);
  const meanOffset = boxMean(mean, radius);
  for (let i = 0; i < data.length; i++) meanOffset.data[i]! += meanGain.data[i]! * data[i]!;
  return meanOffset;
}
