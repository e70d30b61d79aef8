/**
 * What the image operations work on: any channel-last float raster, whether `RgbImage`, `GrayImage` or a residual.
 * The channel count follows from the data's length, so one implementation serves all of them.
 */

/** A float32 raster, row-major and channel-last; values may leave 0..1 between two operations. */
export interface Raster {
  /** Columns, in pixels. */
  readonly width: number;
  /** Rows, in pixels. */
  readonly height: number;
  /** `width * height * channels` values. */
  readonly data: Float32Array;
}

/** How many channels a raster has. */
export function channelsOf(raster: Raster): number {
  return raster.data.length / (raster.width * raster.height);
}

/** A raster of zeros. */
export function zeros(width: number, height: number, channels: number): Raster {
  return { width, height, data: new Float32Array(width * height * channels) };
}

/** A copy with its own data. */
export function copyOf(raster: Raster): Raster {
  return { width: raster.width, height: raster.height, data: raster.data.slice() };
}
