/** Measures that the tests of the face renderer share. */
import type { RgbImage } from "../../src/image/image.js";

/** Mean absolute difference of two images of one size. */
export function difference(a: RgbImage, b: RgbImage): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += Math.abs(a.data[i]! - b.data[i]!);
  return sum / a.data.length;
}

/** Mean of each `factor` x `factor` block. */
export function shrink(image: RgbImage, factor: number): RgbImage {
  const width = image.width / factor;
  const height = image.height / factor;
  const data = new Float32Array(width * height * 3);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      const cell = Math.floor(y / factor) * width + Math.floor(x / factor);
      for (let c = 0; c < 3; c++) {
        data[3 * cell + c] = data[3 * cell + c]! + image.data[3 * (y * image.width + x) + c]! / (factor * factor);
      }
    }
  }
  return { width, height, data };
}
