/**
 * Value noise on an integer-hashed lattice, in one and two dimensions: the fine structure of skin, hair, cloth and motion.
 * Perlin's lattice-noise idea (SIGGRAPH 1985) with values instead of gradients. Every function is a pure function of its
 * coordinates and a 32-bit seed that a named random stream gave, so no state and no order of evaluation matters.
 */

/** 32 random bits of two integers and a seed (a murmur-like finaliser over all three). */
export function hashBits(x: number, y: number, seed: number): number {
  let h = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ seed;
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** A uniform number in [0, 1) of two integers and a seed. */
export function hash2(x: number, y: number, seed: number): number {
  return (hashBits(x, y, seed) >>> 0) / 0x1_0000_0000;
}

/** Smooth noise in [-1, 1] with features of about one unit. */
export function noise2(x: number, y: number, seed: number): number {
  const ix = Math.floor(x);
  const iy = Math.floor(y);
  const fx = x - ix;
  const fy = y - iy;
  const sx = fx * fx * (3 - 2 * fx);
  const sy = fy * fy * (3 - 2 * fy);
  const a = hash2(ix, iy, seed);
  const b = hash2(ix + 1, iy, seed);
  const c = hash2(ix, iy + 1, seed);
  const d = hash2(ix + 1, iy + 1, seed);
  const top = a + (b - a) * sx;
  return 2 * (top + (c + (d - c) * sx - top) * sy) - 1;
}

/** Smooth noise in [-1, 1] of one coordinate, with features of about one unit. */
export function noise1(x: number, seed: number): number {
  const ix = Math.floor(x);
  const f = x - ix;
  const a = hash2(ix, 0, seed);
  return 2 * (a + (hash2(ix + 1, 0, seed) - a) * f * f * (3 - 2 * f)) - 1;
}

/** Three octaves of {@link noise2}, each half as strong and half as wide as the one before; about -1 to 1. */
export function fractal2(x: number, y: number, seed: number): number {
  return (
    0.57 * noise2(x, y, seed) +
    0.29 * noise2(2.03 * x + 7.1, 2.03 * y + 3.7, seed + 1) +
    0.14 * noise2(4.1 * x, 4.1 * y, seed + 2)
  );
}
