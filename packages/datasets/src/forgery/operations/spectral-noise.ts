/**
 * Noise with a chosen spectrum: independent normal Fourier coefficients, scaled by frequency and transformed back.
 */
import type { RandomStream } from "@roga/tensor-utils/random";
import { inverseFft2 } from "./fft.js";
import { whiteNoise } from "./random-field.js";
import { type Raster, zeros } from "./raster.js";

/**
 * A one-channel field of mean 0 and standard deviation 1 with amplitude frequency^(-slope) up to a cutoff.
 * @param slope 0 is white; larger values move energy to low frequencies.
 * @param cutoff Share of the Nyquist frequency (along an axis) at which the amplitude has fallen to half.
 */
export function spectralNoise(
  width: number,
  height: number,
  slope: number,
  cutoff: number,
  stream: RandomStream,
): Raster {
  const re = new Float64Array(whiteNoise(width, height, 1, stream.child("re")).data);
  const im = new Float64Array(whiteNoise(width, height, 1, stream.child("im")).data);
  // The amplitude is even in both frequencies, so a quarter of the plane gives all of it.
  for (let v = 0; v <= height / 2; v++) {
    for (let u = 0; u <= width / 2; u++) {
      const frequency = Math.hypot((2 * u) / width, (2 * v) / height);
      const gain = frequency === 0 ? 0 : frequency ** -slope / (1 + (frequency / cutoff) ** 16);
      for (const row of v === 0 || 2 * v === height ? [v] : [v, height - v]) {
        for (const column of u === 0 || 2 * u === width ? [u] : [u, width - u]) {
          re[row * width + column]! *= gain;
          im[row * width + column]! *= gain;
        }
      }
    }
  }
  // The real part of the complex field that they make has the same spectrum.
  inverseFft2({ width, height, re, im });
  let square = 0;
  for (const value of re) square += value * value;
  const scale = 1 / Math.sqrt(square / re.length);
  const field = zeros(width, height, 1);
  for (let i = 0; i < re.length; i++) field.data[i] = re[i]! * scale;
  return field;
}
