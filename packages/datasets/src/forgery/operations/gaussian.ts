/**
 * Separable Gaussian blur with replicated borders; the kernel is sampled, normalised and cut at 3 sigma
 * (as `scipy.ndimage.gaussian_filter(mode="nearest", truncate=3)`).
 */
import { channelsOf, copyOf, type Raster } from "./raster.js";

const TRUNCATE = 3;

function halfKernel(sigma: number): Float64Array {
  const radius = Math.floor(TRUNCATE * sigma + 0.5);
  const kernel = new Float64Array(radius + 1);
  let sum = 0;
  for (let i = 0; i <= radius; i++) {
    kernel[i] = Math.exp((-0.5 * i * i) / (sigma * sigma));
    sum += i === 0 ? kernel[i]! : 2 * kernel[i]!;
  }
  for (let i = 0; i <= radius; i++) kernel[i]! /= sum;
  return kernel;
}

/** Blurs along the rows: each row is laid out with its borders replicated, then shifted copies of it are added up. */
function blurRows(source: Float32Array, width: number, height: number, channels: number, kernel: Float64Array) {
  const radius = kernel.length - 1;
  const stride = width * channels;
  const reach = radius * channels;
  const padded = new Float32Array(stride + 2 * reach);
  const output = new Float32Array(source.length);
  for (let y = 0; y < height; y++) {
    const start = y * stride;
    for (let i = 0; i < reach; i++) {
      padded[i] = source[start + (i % channels)]!;
      padded[reach + stride + i] = source[start + stride - channels + (i % channels)]!;
    }
    for (let i = 0; i < stride; i++) padded[reach + i] = source[start + i]!;
    for (let i = 0; i < stride; i++) {
      let sum = kernel[0]! * padded[reach + i]!;
      for (let k = 1, step = channels; k <= radius; k++, step += channels) {
        sum += kernel[k]! * (padded[reach + i - step]! + padded[reach + i + step]!);
      }
      output[start + i] = sum;
    }
  }
  return output;
}

/** Blurs along the columns: whole rows are added up, so memory is read in order. */
function blurColumns(source: Float32Array, stride: number, height: number, kernel: Float64Array) {
  const radius = kernel.length - 1;
  const output = new Float32Array(source.length);
  const sums = new Float64Array(stride);
  for (let y = 0; y < height; y++) {
    const centre = kernel[0]!;
    for (let i = 0, p = y * stride; i < stride; i++, p++) sums[i] = centre * source[p]!;
    for (let k = 1; k <= radius; k++) {
      const weight = kernel[k]!;
      let above = Math.max(0, y - k) * stride;
      let below = Math.min(height - 1, y + k) * stride;
      for (let i = 0; i < stride; i++) sums[i]! += weight * (source[above++]! + source[below++]!);
    }
    output.set(sums, y * stride);
  }
  return output;
}

/**
 * The raster convolved with a Gaussian.
 * @param sigma Standard deviation in pixels; below 1/6 px the kernel is a single tap and a copy returns.
 */
export function gaussianBlur(raster: Raster, sigma: number): Raster {
  if (TRUNCATE * sigma < 0.5) return copyOf(raster);
  const { width, height, data } = raster;
  const channels = channelsOf(raster);
  const kernel = halfKernel(sigma);
  const rows = blurRows(data, width, height, channels, kernel);
  return { width, height, data: blurColumns(rows, width * channels, height, kernel) };
}
