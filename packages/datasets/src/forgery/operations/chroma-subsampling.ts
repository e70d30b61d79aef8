/**
 * 4:2:0 chroma as libjpeg makes and undoes it: means of 2 x 2 pixels, restored with weights 3/4 and 1/4 towards the nearer
 * sample along each axis ("fancy upsampling"), borders replicated. On one channel of values.
 */
import { type Raster, zeros } from "./raster.js";

/** Half the size, rounded up; a last odd row or column is averaged with itself. */
export function halveChroma({ width, height, data }: Raster): Raster {
  const output = zeros(Math.ceil(width / 2), Math.ceil(height / 2), 1);
  for (let y = 0, target = 0; y < output.height; y++) {
    const top = 2 * y * width;
    const bottom = Math.min(2 * y + 1, height - 1) * width;
    for (let x = 0; x < output.width; x++, target++) {
      const left = 2 * x;
      const right = Math.min(left + 1, width - 1);
      output.data[target] = (data[top + left]! + data[top + right]! + data[bottom + left]! + data[bottom + right]!) / 4;
    }
  }
  return output;
}

/** Twice the size, cut to `width` x `height`. */
export function doubleChroma(half: Raster, width: number, height: number): Raster {
  const output = zeros(width, height, 1);
  const { data } = half;
  for (let y = 0, target = 0; y < height; y++) {
    const near = (y >> 1) * half.width;
    const far = Math.min(half.height - 1, Math.max(0, (y >> 1) + (y % 2 === 0 ? -1 : 1))) * half.width;
    for (let x = 0; x < width; x++, target++) {
      const column = x >> 1;
      const beside = Math.min(half.width - 1, Math.max(0, column + (x % 2 === 0 ? -1 : 1)));
      output.data[target] =
        (9 * data[near + column]! + 3 * data[near + beside]! + 3 * data[far + column]! + data[far + beside]!) / 16;
    }
  }
  return output;
}
