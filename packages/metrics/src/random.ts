/**
 * The random numbers of the bootstrap: xoshiro128** 1.1 (Blackman and Vigna 2018, "Scrambled Linear Pseudorandom Number
 * Generators"), its state filled by SplitMix64 (Steele, Lea and Flood 2014) as its authors advise. Replicate r takes
 * outputs 2r and 2r + 1 of the seed's SplitMix64 sequence, so that it is the same however many replicates are drawn, and
 * in whatever order. Not for secrets.
 */

const MASK64 = 0xffff_ffff_ffff_ffffn;
const GOLDEN_GAMMA = 0x9e37_79b9_7f4a_7c15n;

/** Output number `index` of SplitMix64 seeded with `seed`: a counter-based function, its state being seed + i · γ. */
export function splitMix64(seed: bigint, index: bigint): bigint {
  let z = (seed + (index + 1n) * GOLDEN_GAMMA) & MASK64;
  z = ((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK64;
  z = ((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK64;
  return z ^ (z >> 31n);
}

/** xoshiro128**: 32 random bits at a time, period 2¹²⁸ − 1. */
export class Xoshiro128 {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** @param state four 32-bit words, not all zero */
  constructor(state: readonly [number, number, number, number]) {
    // Signed words stay small integers to the engine, which is what makes next() fast.
    this.a = state[0] | 0;
    this.b = state[1] | 0;
    this.c = state[2] | 0;
    this.d = state[3] | 0;
  }

  /** The generator of one replicate. */
  static forReplicate(seed: number, replicate: number): Xoshiro128 {
    const at = 2n * BigInt(replicate);
    const first = splitMix64(BigInt(seed), at);
    const second = splitMix64(BigInt(seed), at + 1n); // differs from the first: SplitMix64 is a bijection of its counter
    const low = (word: bigint) => Number(word & 0xffff_ffffn);
    return new Xoshiro128([low(first), low(first >> 32n), low(second), low(second >> 32n)]);
  }

  /** A uniform 32-bit integer, 0 to 2³² − 1. */
  next(): number {
    const scrambled = Math.imul(this.b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  /** A uniform integer from 0 to `bound` − 1, `bound` from 1 to 2³¹: without bias, by rejecting what is too large. */
  below(bound: number): number {
    if (bound === 1) return 0;
    const shift = Math.clz32(bound - 1);
    let drawn = this.next() >>> shift;
    while (drawn >= bound) drawn = this.next() >>> shift;
    return drawn;
  }
}
