/**
 * Images as plain arrays: what the renderer, the forgery families and the codec pass to one another.
 * Channel-last and row-major, so that pixel (x, y), channel c lies at `(y * width + x) * 3 + c`.
 * Values are floats, so that a chain of operations rounds once, when it is encoded; see `codec.ts`.
 */

/** An RGB image: float32, channel-last (row-major HWC), sRGB-encoded values in 0..1. */
export interface RgbImage {
  /** Columns, in pixels. */
  readonly width: number;
  /** Rows, in pixels. */
  readonly height: number;
  /** `width * height * 3` values in 0..1, ordered by row, then column, then red, green, blue. */
  readonly data: Float32Array;
}

/** A one-channel map such as a mask or a depth: float32, row-major, values in 0..1. */
export interface GrayImage {
  /** Columns, in pixels. */
  readonly width: number;
  /** Rows, in pixels. */
  readonly height: number;
  /** `width * height` values in 0..1, ordered by row, then column. */
  readonly data: Float32Array;
}

/** A black image of the given size. */
export function rgbImage(width: number, height: number): RgbImage {
  return { width, height, data: new Float32Array(width * height * 3) };
}

/** A map of zeros of the given size. */
export function grayImage(width: number, height: number): GrayImage {
  return { width, height, data: new Float32Array(width * height) };
}
