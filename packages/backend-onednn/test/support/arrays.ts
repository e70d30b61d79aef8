/** Repeatable arrays of numbers. */

/** What an array is made of: uniform numbers, and now and then what is not finite where `special` says so. */
export interface Numbers {
  readonly from?: number;
  readonly to?: number;
  readonly special?: boolean;
}

/** Repeatable random numbers (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SPECIAL = [Number.NaN, Infinity, -Infinity, 0, -0, 1e-40, 3e38, -3e38];

export function array(shape: number[], seed: number, { from = -3, to = 3, special = false }: Numbers = {}) {
  const random = generator(seed);
  const length = shape.reduce((product, size) => product * size, 1);
  return Float32Array.from({ length }, () =>
    special && random() < 0.1 ? SPECIAL[Math.floor(random() * SPECIAL.length)]! : from + (to - from) * random(),
  );
}
