/**
 * The discrete Fourier transform of any length: radix 2 (Cooley, Tukey 1965) for powers of two, otherwise Bluestein's
 * chirp transform (1970) through one. Unnormalised forwards, 1/n backwards, as NumPy's `fft` and `ifft`. In place.
 */

/** A complex raster of one channel: real and imaginary parts, row-major. */
export interface ComplexPlane {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Real parts, `width * height`. */
  readonly re: Float64Array;
  /** Imaginary parts, `width * height`. */
  readonly im: Float64Array;
}

/** A transform of one length, with its tables and scratch space. */
type Transform = (re: Float64Array, im: Float64Array) => void;

function radix2(n: number): Transform {
  const bits = Math.log2(n);
  const reversed = new Uint32Array(n);
  const cosine = new Float64Array(n / 2);
  const sine = new Float64Array(n / 2);
  for (let i = 0; i < n; i++) reversed[i] = bits === 0 ? 0 : (reversed[i >> 1]! >> 1) | ((i & 1) << (bits - 1));
  for (let i = 0; i < n / 2; i++) {
    cosine[i] = Math.cos((2 * Math.PI * i) / n);
    sine[i] = -Math.sin((2 * Math.PI * i) / n);
  }
  return (re, im) => {
    for (let i = 0; i < n; i++) {
      const j = reversed[i]!;
      if (j <= i) continue;
      const real = re[i]!;
      const imaginary = im[i]!;
      re[i] = re[j]!;
      im[i] = im[j]!;
      re[j] = real;
      im[j] = imaginary;
    }
    for (let half = 1, step = n / 2; half < n; half *= 2, step /= 2) {
      for (let start = 0; start < n; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const even = start + k;
          const odd = even + half;
          const c = cosine[k * step]!;
          const s = sine[k * step]!;
          const real = re[odd]! * c - im[odd]! * s;
          const imaginary = re[odd]! * s + im[odd]! * c;
          re[odd] = re[even]! - real;
          im[odd] = im[even]! - imaginary;
          re[even]! += real;
          im[even]! += imaginary;
        }
      }
    }
  };
}

function bluestein(n: number): Transform {
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const inner = radix2(size);
  const cosine = new Float64Array(n);
  const sine = new Float64Array(n);
  const chirpRe = new Float64Array(size);
  const chirpIm = new Float64Array(size);
  for (let i = 0; i < n; i++) {
    // i² modulo 2n keeps the angle small, so that its rounding does not grow with i.
    const angle = (Math.PI * ((i * i) % (2 * n))) / n;
    cosine[i] = Math.cos(angle);
    sine[i] = Math.sin(angle);
    chirpRe[i] = cosine[i]!;
    chirpIm[i] = sine[i]!;
    chirpRe[(size - i) % size] = cosine[i]!;
    chirpIm[(size - i) % size] = sine[i]!;
  }
  inner(chirpRe, chirpIm);
  const a = new Float64Array(size);
  const b = new Float64Array(size);
  return (re, im) => {
    a.fill(0);
    b.fill(0);
    for (let i = 0; i < n; i++) {
      a[i] = re[i]! * cosine[i]! + im[i]! * sine[i]!;
      b[i] = im[i]! * cosine[i]! - re[i]! * sine[i]!;
    }
    inner(a, b);
    for (let i = 0; i < size; i++) {
      const real = a[i]! * chirpRe[i]! - b[i]! * chirpIm[i]!;
      // The inverse transform is the forward one of the conjugate, conjugated.
      b[i] = -(a[i]! * chirpIm[i]! + b[i]! * chirpRe[i]!);
      a[i] = real;
    }
    inner(a, b);
    for (let i = 0; i < n; i++) {
      const real = a[i]! / size;
      const imaginary = -b[i]! / size;
      re[i] = real * cosine[i]! + imaginary * sine[i]!;
      im[i] = imaginary * cosine[i]! - real * sine[i]!;
    }
  };
}

/** Tables depend on the length alone and are kept for the next call. */
const transforms = new Map<number, Transform>();

function transformOf(n: number): Transform {
  let transform = transforms.get(n);
  if (transform === undefined) {
    transform = Number.isInteger(Math.log2(n)) ? radix2(n) : bluestein(n);
    transforms.set(n, transform);
  }
  return transform;
}

/** The two-dimensional forward transform, in place. */
export function fft2({ width, height, re, im }: ComplexPlane): void {
  const across = transformOf(width);
  for (let y = 0; y < height; y++) {
    across(re.subarray(y * width, (y + 1) * width), im.subarray(y * width, (y + 1) * width));
  }
  const down = transformOf(height);
  const columnRe = new Float64Array(height);
  const columnIm = new Float64Array(height);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      columnRe[y] = re[y * width + x]!;
      columnIm[y] = im[y * width + x]!;
    }
    down(columnRe, columnIm);
    for (let y = 0; y < height; y++) {
      re[y * width + x] = columnRe[y]!;
      im[y * width + x] = columnIm[y]!;
    }
  }
}

/** The two-dimensional inverse transform, in place. */
export function inverseFft2({ width, height, re, im }: ComplexPlane): void {
  fft2({ width, height, re: im, im: re });
  const scale = 1 / (width * height);
  for (let i = 0; i < re.length; i++) {
    re[i]! *= scale;
    im[i]! *= scale;
  }
}
