/**
 * Between float images and 8-bit bytes, PNG and JPEG. Encoding is sharp's (libvips: libspng, mozjpeg's libjpeg);
 * one image in memory at a time, at the size it has. Reading files with their limits and checks is `decode.ts`.
 */
import sharp from "sharp";
import type { GrayImage, RgbImage } from "./image.js";
import { plainBytes } from "./plain-bytes.js";

/** How {@link encodeJpeg} compresses. */
export interface JpegOptions {
  /** Quality of the quantisation tables, 1 to 100. */
  readonly quality: number;
  /** `"4:2:0"` halves the colour resolution, as most cameras and releases do; `"4:4:4"` keeps it. Default `"4:2:0"`. */
  readonly chromaSubsampling?: "4:2:0" | "4:4:4";
}

/**
 * The samples of an image as bytes, in the same order: 0..1 becomes 0..255, rounded to nearest, halves upwards.
 * Values outside 0..1 saturate, as in any conversion to 8 bits.
 * @throws RangeError if a value is not finite, or if the data's length does not fit the size.
 */
export function toBytes(image: RgbImage | GrayImage): Uint8Array {
  channelsOf(image);
  const bytes = new Uint8Array(image.data.length);
  for (let i = 0; i < bytes.length; i++) {
    const value = image.data[i]!;
    if (!Number.isFinite(value)) throw new RangeError(`image: value ${i} is ${value}, expected a finite number`);
    bytes[i] = Math.floor(Math.min(1, Math.max(0, value)) * 255 + 0.5);
  }
  return bytes;
}

/**
 * The RGB image of `width * height * 3` bytes in row, column, channel order: 0..255 becomes 0..1.
 * @throws RangeError if the number of bytes does not fit the size.
 */
export function fromBytes(width: number, height: number, bytes: Uint8Array): RgbImage {
  if (bytes.length !== width * height * 3) {
    throw new RangeError(`bytes: expected ${width} x ${height} x 3 = ${width * height * 3}, got ${bytes.length}`);
  }
  return { width, height, data: Float32Array.from(bytes, (byte) => byte / 255) };
}

/** The image as an 8-bit PNG file (RGB or grey, no metadata). Reading it back gives {@link toBytes} exactly. */
export async function encodePng(image: RgbImage | GrayImage): Promise<Uint8Array> {
  return plainBytes(await rawInput(image).png().toBuffer());
}

/** The image as a baseline JPEG file, without metadata. */
export async function encodeJpeg(image: RgbImage | GrayImage, options: JpegOptions): Promise<Uint8Array> {
  const { quality, chromaSubsampling = "4:2:0" } = options;
  return plainBytes(await rawInput(image).jpeg({ quality, chromaSubsampling }).toBuffer());
}

function rawInput(image: RgbImage | GrayImage): sharp.Sharp {
  const { width, height } = image;
  const channels = channelsOf(image);
  const input = sharp(toBytes(image), { raw: { width, height, channels } });
  return channels === 1 ? input.toColourspace("b-w") : input;
}

function channelsOf({ width, height, data }: RgbImage | GrayImage): 1 | 3 {
  const pixels = width * height;
  if (data.length === pixels * 3) return 3;
  if (data.length === pixels) return 1;
  throw new RangeError(`image: ${width} x ${height} needs ${pixels} or ${pixels * 3} values, got ${data.length}`);
}
