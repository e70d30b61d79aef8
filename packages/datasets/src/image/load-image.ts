/**
 * From an image file to the square of 8-bit RGB that a model takes: decode, crop, resize.
 * Resampling is libvips' `resize`. An axis that shrinks is filtered with a Lanczos kernel of three lobes, widened by
 * the reduction so that it low-passes first (beyond a factor of 4, whole blocks are averaged before it). An axis that
 * grows is interpolated with Catmull-Rom cubics, on a grid that moves the picture half an output pixel down and to the
 * right of where a centred one would put it. Where the sizes agree, pixels pass unchanged.
 */
import sharp from "sharp";
import { ImageError } from "../errors.js";
import { type ByteImage, type DecodeOptions, decodeImage } from "./decode.js";
import { plainBytes } from "./plain-bytes.js";

/**
 * Which part of the picture is kept: all of it (`"none"`; a picture that is not square is stretched),
 * or the central square whose side is `centre` times the shorter side, with `centre` in (0, 1].
 */
export type Crop =
  | "none"
  | {
      /** Side of the square, as a fraction of the shorter side, above 0 and at most 1. */
      readonly centre: number;
    };

/** How {@link loadImage} makes a square of a picture. */
export interface LoadOptions extends DecodeOptions {
  /** Side of the result, in pixels. */
  readonly size: number;
  /** Default `"none"`. */
  readonly crop?: Crop;
}

/**
 * Reads an image file as `size * size * 3` bytes of sRGB in row, column, channel order.
 * See `decode.ts` for what becomes of orientation, grey, alpha, CMYK and 16 bits.
 * @throws ImageError if the file cannot be read or decoded, or is beyond the limits.
 * @throws RangeError if an option is out of range.
 */
export async function loadImage(path: string, options: LoadOptions): Promise<Uint8Array> {
  checkLoadOptions(options);
  return resizeSquare(await decodeImage(path, options), options, path);
}

/**
 * Crops and resizes a decoded image as {@link loadImage} does.
 * @param name What to call the image in an error.
 */
export async function resizeSquare(image: ByteImage, options: LoadOptions, name = "image"): Promise<Uint8Array> {
  checkLoadOptions(options);
  const { size, crop = "none" } = options;
  const { width, height, data } = image;
  const pipeline = sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
  if (crop !== "none") {
    const side = Math.max(1, Math.round(crop.centre * Math.min(width, height)));
    const left = Math.floor((width - side) / 2);
    const top = Math.floor((height - side) / 2);
    pipeline.extract({ left, top, width: side, height: side });
  }
  try {
    return plainBytes(await pipeline.resize(size, size, { fit: "fill", kernel: "lanczos3" }).raw().toBuffer());
  } catch (cause) {
    throw new ImageError(name, `cannot be resized to ${size} x ${size} (${String(cause)})`, { cause });
  }
}

/** @throws RangeError if `size` or `crop` is out of range. */
export function checkLoadOptions({ size, crop = "none" }: LoadOptions): void {
  if (!(Number.isSafeInteger(size) && size >= 1)) {
    throw new RangeError(`size: expected a whole number of pixels of at least 1, got ${size}`);
  }
  if (crop !== "none" && !(crop.centre > 0 && crop.centre <= 1)) {
    throw new RangeError(`crop.centre: expected a fraction above 0 and at most 1, got ${crop.centre}`);
  }
}
