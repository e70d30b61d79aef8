/** JPEG recompression of training augmentation: one round trip through a baseline file with 4:2:0 colour. */
import sharp from "sharp";
import { plainBytes } from "../image/plain-bytes.js";

/** A copy of `size * size * 3` bytes after JPEG compression of the given quality (1 to 100). */
export async function recompressJpeg(pixels: Uint8Array, size: number, quality: number): Promise<Uint8Array> {
  const file = await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    .jpeg({ quality, chromaSubsampling: "4:2:0" })
    .toBuffer();
  return plainBytes(await sharp(file).raw().toBuffer());
}
