/** What Pillow and NumPy make of small images: see the generator that the file names. */
import type { Crop } from "@roga/datasets";
import { readFixture } from "@roga/test-support";

interface ImageFixture {
  readonly files: { name: string; file: string; tolerance: number; width: number; height: number; rgb: string }[];
  readonly cmyk: Record<"cyan" | "magenta" | "yellow" | "black" | "paper", string>;
  readonly floatTiff: string;
  readonly source: string;
  readonly resized: { size: number; crop: Crop; rgb: string }[];
  readonly augment: {
    size: number;
    rgb: string;
    flipped: string;
    light: { brightness: number; contrast: number; rgb: string }[];
    jpeg: { quality: number; rgb: string }[];
  };
}

export const fixture = readFixture<ImageFixture>(import.meta.url, "../fixtures/images.json");

/** The bytes of a Base64 text of a fixture. */
export function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}

/** How far two equally long byte arrays are apart. */
export function difference(a: Uint8Array, b: Uint8Array): { largest: number; mean: number } {
  if (a.length !== b.length) throw new Error(`${a.length} bytes against ${b.length}`);
  const distances = Array.from(a, (value, i) => Math.abs(value - b[i]!));
  return { largest: Math.max(...distances), mean: distances.reduce((sum, d) => sum + d, 0) / a.length };
}
