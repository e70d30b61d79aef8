/** The horizontal flip of training augmentation: left and right change places, so a face stays upright. */

/** A mirrored copy of `size * size * 3` bytes in row, column, channel order. */
export function flipHorizontally(pixels: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(pixels.length);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const from = (y * size + x) * 3;
      result.set(pixels.subarray(from, from + 3), (y * size + size - 1 - x) * 3);
    }
  }
  return result;
}
