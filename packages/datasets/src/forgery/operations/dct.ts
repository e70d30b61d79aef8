/**
 * The two-dimensional 8 x 8 discrete cosine transform (type II, orthonormal) of ITU-T T.81 and its inverse, in place.
 */

const SIZE = 8;

/** forward[u * 8 + x] = c(u) / 2 · cos((2x + 1) u pi / 16), with c(0) = 1 / sqrt(2), otherwise 1; backward is its transpose. */
const forward = new Float64Array(SIZE * SIZE);
const backward = new Float64Array(SIZE * SIZE);
for (let u = 0; u < SIZE; u++) {
  for (let x = 0; x < SIZE; x++) {
    const value = (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / 16);
    forward[u * SIZE + x] = value;
    backward[x * SIZE + u] = value;
  }
}

/** The matrix applied to each row of the block, written transposed, so that two passes transform both axes. */
function pass(from: Float64Array, to: Float64Array, matrix: Float64Array): void {
  for (let row = 0; row < SIZE; row++) {
    const f = row * SIZE;
    const v0 = from[f]!;
    const v1 = from[f + 1]!;
    const v2 = from[f + 2]!;
    const v3 = from[f + 3]!;
    const v4 = from[f + 4]!;
    const v5 = from[f + 5]!;
    const v6 = from[f + 6]!;
    const v7 = from[f + 7]!;
    for (let out = 0, m = 0; out < SIZE; out++, m += SIZE) {
      to[out * SIZE + row] =
        v0 * matrix[m]! +
        v1 * matrix[m + 1]! +
        v2 * matrix[m + 2]! +
        v3 * matrix[m + 3]! +
        v4 * matrix[m + 4]! +
        v5 * matrix[m + 5]! +
        v6 * matrix[m + 6]! +
        v7 * matrix[m + 7]!;
    }
  }
}

/** Replaces 64 samples (row by row) by their DCT coefficients, or the reverse. `scratch` holds 64 values. */
export function dct8(block: Float64Array, scratch: Float64Array, inverse: boolean): void {
  const matrix = inverse ? backward : forward;
  pass(block, scratch, matrix);
  pass(scratch, block, matrix);
}
