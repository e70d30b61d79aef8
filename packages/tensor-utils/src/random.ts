/**
 * Named random streams: `stream(seed, "augment", epoch, index)` is a sequence of random numbers that depends on its seed
 * and names alone, so that adding a draw somewhere shifts no other, and any draw can be made without its predecessors.
 *
 * A stream is Philox4x32-10 (Salmon et al., SC 2011) with the first 64 bits of the hash of its path as the key and the
 * next 64 bits as the upper half of the counter; the lower half is the position. `stream-path.ts` defines the hash.
 * The same arguments give the same numbers in every process and on every machine; `normal` alone also depends on
 * `Math.log` and `Math.cos`, which ECMAScript leaves free in the last bit. Not for cryptography.
 */
import { multiplyHigh, philox4x32 } from "./philox.js";
import { encodeSeed, extendPath, hashPath, RandomStreamError, type StreamName } from "./stream-path.js";

export { RandomStreamError, type StreamName };

const TWO_32 = 0x1_0000_0000;
const TWO_53 = 0x20_0000_0000_0000;

/** 53 bits of two words as a number in [0, 1). */
function unit(high: number, low: number): number {
  return ((high >>> 5) * 0x400_0000 + (low >>> 6)) / TWO_53;
}

/** floor(block · range / 2^128) with the block's last word as the most significant; range from 1 to 2^53 − 1. */
function scaleBlock(block: Uint32Array, range: number): number {
  if (range >= TWO_32) {
    let value = 0n;
    for (let word = 3; word >= 0; word--) value = (value << 32n) | BigInt(block[word]!);
    return Number((value * BigInt(range)) >> 128n);
  }
  let carry = 0;
  for (let word = 0; word < 4; word++) {
    const low = (Math.imul(block[word]!, range) >>> 0) + carry;
    carry = multiplyHigh(block[word]!, range) + (low >= TWO_32 ? 1 : 0);
  }
  return carry;
}

function requireCount(what: string, value: number, largest: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > largest) {
    throw new RandomStreamError(`${what}: expected an integer from 0 to ${largest}, got ${value}`);
  }
}

/**
 * One stream of random numbers. Make it with {@link stream} or {@link RandomStream.child}.
 *
 * `uniform`, `normal`, `int`, `choice` and `seed32` each take exactly one position, whatever they return, so draw `i` of
 * a stream is the only draw of `at(i)`. `shuffle` and `permutation` of n items take max(0, n − 1) positions.
 */
export class RandomStream {
  readonly #path: Uint8Array;
  readonly #hash: Uint32Array;
  readonly #key: Uint32Array;
  readonly #counter: Uint32Array;
  readonly #block = new Uint32Array(4);
  #position: number;

  /** @internal Use {@link stream}. */
  constructor(path: Uint8Array, position: number, hash: Uint32Array = hashPath(path)) {
    this.#path = path;
    this.#hash = hash;
    this.#key = hash.subarray(0, 2);
    this.#counter = new Uint32Array([0, 0, hash[2]!, hash[3]!]);
    this.#position = position;
  }

  /** The position that the next draw takes; 0 in a new stream. Positions end at 2^53 − 1. */
  get position(): number {
    return this.#position;
  }

  /**
   * The stream of this path with `names` after it, at position 0: `stream(1, "a").child("b", 2)` is
   * `stream(1, "a", "b", 2)`. It does not depend on this stream's position.
   *
   * @throws RandomStreamError when no name is given, or a number that is not a safe integer
   */
  child(...names: StreamName[]): RandomStream {
    if (names.length === 0) throw new RandomStreamError("child: expected at least one name, got none");
    return new RandomStream(extendPath(this.#path, names), 0);
  }

  /**
   * A copy of this stream at position `index`; this stream stays where it is.
   *
   * @param index integer from 0 to 2^53 − 1
   */
  at(index: number): RandomStream {
    requireCount("at(index)", index, Number.MAX_SAFE_INTEGER);
    return new RandomStream(this.#path, index, this.#hash);
  }

  /**
   * A uniform number in [low, high), from 53 random bits. Where |low| or |high| is large against their distance,
   * rounding may return `high` itself.
   *
   * @throws RandomStreamError unless low and high are finite and low ≤ high
   */
  uniform(low = 0, high = 1): number {
    if (!(Number.isFinite(high - low) && low <= high)) {
      throw new RandomStreamError(`uniform(low, high): expected finite low <= high, got ${low} and ${high}`);
    }
    const block = this.#next();
    return low + (high - low) * unit(block[0]!, block[1]!);
  }

  /**
   * A normal number by the Box–Muller transform (its cosine half). Beyond ±8.6 standard deviations nothing is drawn.
   *
   * @throws RandomStreamError unless mean and std are finite and std ≥ 0
   */
  normal(mean = 0, std = 1): number {
    if (!(Number.isFinite(mean) && Number.isFinite(std) && std >= 0)) {
      throw new RandomStreamError(`normal(mean, std): expected finite numbers and std >= 0, got ${mean} and ${std}`);
    }
    const block = this.#next();
    const radius = Math.sqrt(-2 * Math.log(1 - unit(block[0]!, block[1]!)));
    return mean + std * radius * Math.cos(2 * Math.PI * unit(block[2]!, block[3]!));
  }

  /**
   * An integer in [low, high). No value is more likely than another by more than 2^-75 relative.
   *
   * @param low safe integer, the lowest value
   * @param high safe integer above low, excluded
   * @throws RandomStreamError unless both are safe integers, low < high and high − low < 2^53
   */
  int(low: number, high: number): number {
    if (!(Number.isSafeInteger(low) && Number.isSafeInteger(high) && low < high && Number.isSafeInteger(high - low))) {
      throw new RandomStreamError(`int(low, high): expected integers low < high, got ${low} and ${high}`);
    }
    return low + scaleBlock(this.#next(), high - low);
  }

  /**
   * One of `items`, each as likely as the others.
   *
   * @throws RandomStreamError when items is empty
   */
  choice<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RandomStreamError("choice(items): expected at least one item, got none");
    return items[this.int(0, items.length)] as T;
  }

  /** A new array with the items in a random order (Fisher–Yates); `items` is left as it is. */
  shuffle<T>(items: readonly T[]): T[] {
    return Array.from(this.permutation(items.length), (index) => items[index] as T);
  }

  /**
   * A random order of the integers 0 … n − 1 (Fisher–Yates, from the last place down).
   *
   * @param n integer from 0 to 2^32 − 1
   */
  permutation(n: number): Uint32Array {
    requireCount("permutation(n)", n, TWO_32 - 1);
    const order = new Uint32Array(n);
    for (let index = 0; index < n; index++) order[index] = index;
    for (let last = n - 1; last > 0; last--) {
      const other = this.int(0, last + 1);
      const moved = order[last]!;
      order[last] = order[other]!;
      order[other] = moved;
    }
    return order;
  }

  /** An unsigned 32-bit integer, for libraries that take a seed of their own. */
  seed32(): number {
    return this.#next()[0]!;
  }

  #next(): Uint32Array {
    if (this.#position > Number.MAX_SAFE_INTEGER) throw new RandomStreamError("the stream's 2^53 positions are spent");
    this.#counter[0] = this.#position; // modulo 2^32, as a typed array stores it
    this.#counter[1] = Math.floor(this.#position / TWO_32);
    this.#position += 1;
    philox4x32(this.#counter, this.#key, this.#block);
    return this.#block;
  }
}

/**
 * The random stream of a seed and names, at position 0.
 *
 * @param seed a string, a safe integer or a bigint; `1` and `1n` are the same seed, `"1"` is another
 * @param names what the numbers are for, such as `"augment", epoch, sampleIndex`; numbers must be safe integers
 * @throws RandomStreamError when a number is not a safe integer
 * @example
 * ```ts
 * const augment = stream(42, "augment", 3, 17);
 * augment.uniform(-1, 1); // always the same number
 * stream(42, "order").permutation(5); // not moved by the draw above
 * ```
 */
export function stream(seed: StreamName | bigint, ...names: StreamName[]): RandomStream {
  return new RandomStream(extendPath(encodeSeed(seed), names), 0);
}
