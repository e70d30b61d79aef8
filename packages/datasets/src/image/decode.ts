/**
 * From an image file to 8-bit RGB at full size, with every check before and after the decoder.
 * Decoding is sharp's (libvips). JPEG is never decoded at a reduced size: that would filter the picture in the DCT
 * domain, and the traces that a detector looks for live in the high frequencies.
 *
 * What becomes what: EXIF orientation is applied; grey is repeated to three channels; alpha is dropped without
 * blending, so the stored colour stays; CMYK and files with an ICC profile are converted to sRGB; 16-bit samples keep
 * their upper 8 bits. Refused: other formats than JPEG, PNG, WebP and TIFF, several frames, floating-point samples.
 */
import { readFile, stat } from "node:fs/promises";
import sharp from "sharp";
import { ImageError } from "../errors.js";
import { plainBytes } from "./plain-bytes.js";
import { checkPngData } from "./png-data.js";

/** Pixels above which an image is refused before it is decoded, unless the caller says otherwise. */
export const DEFAULT_MAX_PIXELS = 50e6;

/** Bytes above which a file is refused before it is read; a 50-megapixel 16-bit image is smaller. */
const MAX_FILE_BYTES = 512 * 2 ** 20;

/** Limits of {@link decodeImage}. */
export interface DecodeOptions {
  /** Images whose header announces more pixels are refused before decoding. Default {@link DEFAULT_MAX_PIXELS}. */
  readonly maxPixels?: number;
}

/** An 8-bit sRGB image, channel-last. */
export interface ByteImage {
  /** Columns, in pixels, as displayed (after EXIF orientation). */
  readonly width: number;
  /** Rows, in pixels, as displayed. */
  readonly height: number;
  /** `width * height * 3` bytes in row, column, channel order. */
  readonly data: Uint8Array;
}

/**
 * Decodes one image.
 * @param source Path of the file, or its bytes.
 * @throws ImageError if the file is missing, empty, truncated, corrupt, of another format, or beyond the limits.
 */
export async function decodeImage(source: string | Uint8Array, options: DecodeOptions = {}): Promise<ByteImage> {
  const { maxPixels = DEFAULT_MAX_PIXELS } = options;
  if (!(maxPixels >= 1)) throw new RangeError(`maxPixels: expected a number of at least 1, got ${maxPixels}`);
  const name = typeof source === "string" ? source : "image in memory";
  const bytes = typeof source === "string" ? await readBounded(source) : source;
  const format = sniff(bytes);
  if (bytes.length === 0) throw new ImageError(name, "the file is empty");
  if (format === null) throw new ImageError(name, "not a JPEG, PNG, WebP or TIFF file");
  await checkHeader(name, bytes, maxPixels);
  if (format === "png") checkPngData(name, bytes);
  try {
    const { data, info } = await sharp(bytes, { failOn: "warning", limitInputPixels: Math.floor(maxPixels) })
      .autoOrient()
      .removeAlpha()
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: plainBytes(data) };
  } catch (cause) {
    throw new ImageError(name, `cannot be decoded (${reasonOf(cause)})`, { cause });
  }
}

async function readBounded(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw new ImageError(path, `${size} bytes, more than the limit of ${MAX_FILE_BYTES}`);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw new ImageError(path, `cannot be read (${reasonOf(cause)})`, { cause });
  }
}

async function checkHeader(name: string, bytes: Uint8Array, maxPixels: number): Promise<void> {
  let header: sharp.Metadata;
  try {
    header = await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw new ImageError(name, `the header cannot be read (${reasonOf(cause)})`, { cause });
  }
  const { width, height, pages = 1, depth } = header;
  if (width * height > maxPixels) {
    throw new ImageError(name, `${width} x ${height} pixels, more than the limit of ${maxPixels}`);
  }
  if (pages > 1) throw new ImageError(name, `holds ${pages} frames, expected a single image`);
  if (depth !== "uchar" && depth !== "ushort") {
    throw new ImageError(name, `samples of type ${depth}, expected 8-bit or 16-bit integers`);
  }
}

/** The format by the file's first bytes. Files never reach a decoder that they do not look like. */
function sniff(bytes: Uint8Array): "jpeg" | "png" | "webp" | "tiff" | null {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (head.startsWith("\xff\xd8\xff")) return "jpeg";
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (head.startsWith("RIFF") && head.endsWith("WEBP")) return "webp";
  if (head.startsWith("II*\0") || head.startsWith("MM\0*")) return "tiff";
  return null;
}

function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).trim().replaceAll(/\s*\n\s*/g, "; ");
}
