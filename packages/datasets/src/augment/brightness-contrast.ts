/**
 * Brightness and contrast of training augmentation, on sRGB-encoded bytes: contrast scales the distance from mid-grey
 * (127.5), brightness adds a share of the full range (255). Mid-grey rather than the picture's mean keeps it a
 * function of each value alone, so that one table of 256 entries is the whole transform.
 */

/**
 * A copy of the bytes with `(value - 127.5) * (1 + contrast) + 127.5 + 255 * brightness`, rounded and saturated.
 * @param brightness Share of the full range to add.
 * @param contrast Relative change of the distance from mid-grey.
 */
export function shiftBrightnessContrast(pixels: Uint8Array, brightness: number, contrast: number): Uint8Array {
  const table = new Uint8ClampedArray(256);
  for (let value = 0; value < 256; value++) {
    table[value] = (value - 127.5) * (1 + contrast) + 127.5 + 255 * brightness;
  }
  return pixels.map((value) => table[value]!);
}
