/**
 * sRGB and CIE L*a*b* (IEC 61966-2-1; CIE 15, white point D65 at 2 degrees: 0.95047, 1, 1.08883).
 * One pixel at a time, in place in small arrays, so that callers convert only the pixels that they need.
 */

const WHITE_X = 0.95047;
const WHITE_Z = 1.08883;
const DELTA = 6 / 29;

/** The decoding curve at 0, 1/4096 … 1 (and once more, for interpolation): a lookup is far faster than a power. */
const STEPS = 4096;
const curve = new Float64Array(STEPS + 2);
for (let i = 0; i < curve.length; i++) {
  const value = i / STEPS;
  curve[i] = value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** Linear light of an encoded value, cut to 0..1; interpolated to within 1e-7. */
function linear(value: number): number {
  const position = Math.min(1, Math.max(0, value)) * STEPS;
  const i = Math.floor(position);
  return curve[i]! + (position - i) * (curve[i + 1]! - curve[i]!);
}

function encoded(value: number): number {
  return value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055;
}

function compress(t: number): number {
  return t > DELTA ** 3 ? Math.cbrt(t) : t / (3 * DELTA * DELTA) + 4 / 29;
}

function expand(t: number): number {
  return t > DELTA ? t * t * t : 3 * DELTA * DELTA * (t - 4 / 29);
}

/** Writes L (0..100), a and b of the sRGB pixel at `from` in `rgb` to `to` in `lab`. */
export function rgbToLab(rgb: Float32Array, from: number, lab: Float32Array, to: number): void {
  const r = linear(rgb[from]!);
  const g = linear(rgb[from + 1]!);
  const b = linear(rgb[from + 2]!);
  const x = compress((0.412453 * r + 0.35758 * g + 0.180423 * b) / WHITE_X);
  const y = compress(0.212671 * r + 0.71516 * g + 0.072169 * b);
  const z = compress((0.019334 * r + 0.119193 * g + 0.950227 * b) / WHITE_Z);
  lab[to] = 116 * y - 16;
  lab[to + 1] = 500 * (x - y);
  lab[to + 2] = 200 * (y - z);
}

/** Writes the sRGB values of the L*a*b* pixel at `from` in `lab` to `to` in `rgb`; outside the gamut they leave 0..1. */
export function labToRgb(lab: Float32Array, from: number, rgb: Float32Array, to: number): void {
  const fy = (lab[from]! + 16) / 116;
  const x = expand(fy + lab[from + 1]! / 500) * WHITE_X;
  const y = expand(fy);
  const z = expand(fy - lab[from + 2]! / 200) * WHITE_Z;
  rgb[to] = encoded(3.240481 * x - 1.537152 * y - 0.498536 * z);
  rgb[to + 1] = encoded(-0.969255 * x + 1.87599 * y + 0.041556 * z);
  rgb[to + 2] = encoded(0.055647 * x - 0.204041 * y + 1.057311 * z);
}
