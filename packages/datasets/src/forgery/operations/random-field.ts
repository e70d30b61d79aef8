/**
 * Random fields: white noise, and smooth fields that vary over a given distance (white noise on a coarse lattice,
 * interpolated with a cubic). All draws come from the stream that the caller names.
 *
 * A field takes tens of thousands of normal values, so four are read from each draw: 13 of its 53 bits choose one of
 * 8192 equally likely values, the middles of that many slices of the normal distribution (they end at 4 sigma).
 */
import type { RandomStream } from "@roga/tensor-utils/random";
import { type Raster, zeros } from "./raster.js";
import { resize } from "./resize.js";

const BITS = 13;
const SLICES = 2 ** BITS;
const PER_DRAW = 4;

/** The normal quantiles of (i + 1/2) / 8192, scaled to variance 1: its distribution function, summed up and inverted. */
function normalQuantiles(): Float32Array {
  const step = 1 / 512;
  const quantiles = new Float64Array(SLICES);
  let z = 0;
  let probability = 0.5;
  let square = 0;
  const density = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  for (let i = SLICES / 2; i < SLICES; i++) {
    const wanted = (i + 0.5) / SLICES;
    let area = (step * (density(z) + density(z + step))) / 2;
    while (probability + area < wanted) {
      probability += area;
      z += step;
      area = (step * (density(z) + density(z + step))) / 2;
    }
    quantiles[i] = z + (step * (wanted - probability)) / area;
    quantiles[SLICES - 1 - i] = -quantiles[i]!;
    square += 2 * quantiles[i]! ** 2;
  }
  const scale = 1 / Math.sqrt(square / SLICES);
  return Float32Array.from(quantiles, (value) => value * scale);
}

const quantiles = normalQuantiles();

/** Independent normal values with mean 0 and standard deviation 1. */
export function whiteNoise(width: number, height: number, channels: number, stream: RandomStream): Raster {
  const field = zeros(width, height, channels);
  const { data } = field;
  for (let i = 0; i < data.length; i += PER_DRAW) {
    let rest = stream.uniform();
    for (let k = i; k < Math.min(data.length, i + PER_DRAW); k++) {
      rest *= SLICES;
      const slice = Math.floor(rest);
      rest -= slice;
      data[k] = quantiles[slice]!;
    }
  }
  return field;
}

/** A smooth field of mean 0 and standard deviation near 0.8 whose bumps are about `period` pixels apart. */
export function smoothField(
  width: number,
  height: number,
  channels: number,
  period: number,
  stream: RandomStream,
): Raster {
  const nodes = (length: number): number => Math.max(3, Math.round(length / period) + 1);
  return resize(whiteNoise(nodes(width), nodes(height), channels, stream), width, height, "bicubic");
}
