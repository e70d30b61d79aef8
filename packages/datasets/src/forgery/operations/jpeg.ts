/**
 * What JPEG compression does to pixels, without the file: Y'CbCr, optional 4:2:0 chroma, 8 x 8 DCT and quantisation with
 * the tables of ITU-T T.81 Annex K scaled by quality as libjpeg does. Entropy coding loses nothing and is left out.
 * Synchronous and deterministic, so that compression can be a step of a forgery.
 */
import { doubleChroma, halveChroma } from "./chroma-subsampling.js";
import { dct8 } from "./dct.js";
import { type Raster, zeros } from "./raster.js";
import { rgbToYcbcr, ycbcrToRgb } from "./ycbcr.js";

/** Annex K, table K.1 (luminance), row by row. */
const LUMINANCE = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
  87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
];

/** Annex K, table K.2 (chrominance), row by row. */
const CHROMINANCE = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99,
];

/** How to compress. */
export interface JpegLoss {
  /** Quality of libjpeg's scale, a whole number 1..100. */
  readonly quality: number;
  /** Whether chroma is halved in both directions first (4:2:0). */
  readonly subsampleChroma: boolean;
  /** Column at which a block begins, 0..7: crops of compressed photographs carry the grid at any phase. */
  readonly gridX?: number;
  /** Row at which a block begins, 0..7. */
  readonly gridY?: number;
}

/** A quantisation table at a quality, as libjpeg's `jpeg_quality_scaling` and 8-bit baseline limits give it. */
export function quantisationTable(kind: "luminance" | "chrominance", quality: number): number[] {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  const table = kind === "luminance" ? LUMINANCE : CHROMINANCE;
  return table.map((entry) => Math.min(255, Math.max(1, Math.floor((entry * scale + 50) / 100))));
}

/** Copies a block out of a plane; where it reaches over a border, the border's values repeat. */
function readBlock({ width, height, data }: Raster, left: number, top: number, block: Float64Array): void {
  for (let row = 0, i = 0; row < 8; row++) {
    const start = Math.min(height - 1, Math.max(0, top + row)) * width;
    if (left >= 0 && left + 8 <= width) {
      for (let p = start + left; p < start + left + 8; p++) block[i++] = data[p]!;
    } else {
      for (let x = left; x < left + 8; x++) block[i++] = data[start + Math.min(width - 1, Math.max(0, x))]!;
    }
  }
}

/** Copies a block back, as far as it lies on the plane. */
function writeBlock({ width, height, data }: Raster, left: number, top: number, block: Float64Array): void {
  for (let y = Math.max(0, top); y < Math.min(height, top + 8); y++) {
    for (let x = Math.max(0, left); x < Math.min(width, left + 8); x++) {
      data[y * width + x] = block[(y - top) * 8 + x - left]!;
    }
  }
}

/** Quantises a plane of values centred on 0, in place. */
function quantisePlane(plane: Raster, table: readonly number[], gridX: number, gridY: number): void {
  const block = new Float64Array(64);
  const scratch = new Float64Array(64);
  // Coefficients are linear in the samples, so steps for samples of 0..1 are those for 0..255 divided by 255.
  const steps = Float64Array.from(table, (step) => step / 255);
  for (let top = gridY === 0 ? 0 : gridY - 8; top < plane.height; top += 8) {
    for (let left = gridX === 0 ? 0 : gridX - 8; left < plane.width; left += 8) {
      readBlock(plane, left, top, block);
      dct8(block, scratch, false);
      for (let i = 0; i < 64; i++) block[i] = Math.round(block[i]! / steps[i]!) * steps[i]!;
      dct8(block, scratch, true);
      writeBlock(plane, left, top, block);
    }
  }
}

/** The RGB raster after compression and decompression, in 0..1 and not rounded to 8 bits. */
export function jpegLoss(image: Raster, { quality, subsampleChroma, gridX = 0, gridY = 0 }: JpegLoss): Raster {
  const { width, height } = image;
  const ycbcr = rgbToYcbcr(image);
  const luminance = quantisationTable("luminance", quality);
  const chrominance = quantisationTable("chrominance", quality);
  for (let channel = 0; channel < 3; channel++) {
    let plane = zeros(width, height, 1);
    // JPEG codes luma less 128, and chroma around 0 as it is here.
    const shift = channel === 0 ? 128 / 255 : 0;
    for (let i = 0; i < plane.data.length; i++) plane.data[i] = ycbcr.data[3 * i + channel]! - shift;
    if (channel > 0 && subsampleChroma) {
      const half = halveChroma(plane);
      quantisePlane(half, chrominance, gridX >> 1, gridY >> 1);
      plane = doubleChroma(half, width, height);
    } else {
      quantisePlane(plane, channel === 0 ? luminance : chrominance, gridX, gridY);
    }
    for (let i = 0; i < plane.data.length; i++) ycbcr.data[3 * i + channel] = plane.data[i]! + shift;
  }
  const output = ycbcrToRgb(ycbcr);
  for (let i = 0; i < output.data.length; i++) output.data[i] = Math.min(1, Math.max(0, output.data[i]!));
  return output;
}
