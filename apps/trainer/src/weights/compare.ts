/** What two weight files have in common and what not, tensor by tensor. */
import type { NamedArray, TensorInfo, TensorSource } from "@roga/weights";
import { exactNumbersOf } from "./numbers.js";

/** A tensor that both have, with other numbers. */
interface ChangedTensor {
  readonly name: string;
  /**
   * Largest deviation of an element; `Infinity` where only one of the two is a finite number. Of 64-bit integers it is
   * exact, and may be a bigint.
   */
  readonly deviation: number | bigint;
  /** Largest size of an element of the first file, to compare it with. */
  readonly scale: number | bigint;
}

/** The differences between two files. */
export interface Differences {
  /** In the first file alone. */
  readonly missing: readonly string[];
  /** In the second file alone. */
  readonly unexpected: readonly string[];
  /** In both, with other shapes. */
  readonly reshaped: readonly { readonly name: string; readonly from: TensorInfo; readonly to: TensorInfo }[];
  /** In both, with other element types; their numbers are compared all the same. */
  readonly retyped: readonly { readonly name: string; readonly from: TensorInfo; readonly to: TensorInfo }[];
  /** In both, with other numbers; the largest deviation first. */
  readonly changed: readonly ChangedTensor[];
  /** How many are equal in shape, type and every number. */
  readonly equal: number;
}

/** Compares two files, one pair of tensors in memory at a time. */
export async function compareWeights(a: TensorSource, b: TensorSource, signal?: AbortSignal): Promise<Differences> {
  const reshaped: { name: string; from: TensorInfo; to: TensorInfo }[] = [];
  const retyped: typeof reshaped = [];
  const changed: ChangedTensor[] = [];
  let equal = 0;
  for (const [name, from] of a.infos) {
    signal?.throwIfAborted();
    const to = b.infos.get(name);
    if (to === undefined) continue;
    if (from.shape.join() !== to.shape.join()) {
      reshaped.push({ name, from, to });
      continue;
    }
    if (from.dtype !== to.dtype) retyped.push({ name, from, to });
    const { deviation, scale } = largestDeviation(await a.tensor(name), await b.tensor(name));
    if (deviation > 0) changed.push({ name, deviation, scale });
    else if (from.dtype === to.dtype) equal++;
  }
  changed.sort((x, y) => (x.deviation < y.deviation ? 1 : x.deviation > y.deviation ? -1 : 0));
  return {
    missing: [...a.infos.keys()].filter((name) => !b.infos.has(name)),
    unexpected: [...b.infos.keys()].filter((name) => !a.infos.has(name)),
    reshaped,
    retyped,
    changed,
    equal,
  };
}

/** NaN equals NaN here, and an infinity itself: files are compared, not values. */
function largestDeviation(a: NamedArray, b: NamedArray): { deviation: number | bigint; scale: number | bigint } {
  const from = exactNumbersOf(a);
  const to = exactNumbersOf(b);
  let deviation: number | bigint = 0;
  let scale: number | bigint = 0;
  for (let index = 0; index < from.length; index++) {
    const [x, y] = [from[index]!, to[index]!];
    const size = sizeOf(x);
    if (size > scale && size !== Number.POSITIVE_INFINITY) scale = size;
    // The comparisons are exact between a bigint and a number too.
    if (Object.is(x, y) || (x <= y && x >= y)) continue;
    const difference = distance(x, y);
    if (difference > deviation) deviation = difference;
  }
  return { deviation, scale };
}

function sizeOf(x: number | bigint): number | bigint {
  if (typeof x === "number") return Math.abs(x);
  return x < 0n ? -x : x;
}

/** The distance of two numbers that are not equal, exact where both are integers and one comes as a bigint. */
function distance(x: number | bigint, y: number | bigint): number | bigint {
  if (typeof x === "number" && typeof y === "number") {
    const difference = Math.abs(x - y);
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  if (isInteger(x) && isInteger(y)) return sizeOf(BigInt(x) - BigInt(y));
  return distance(Number(x), Number(y));
}

function isInteger(x: number | bigint): boolean {
  return typeof x === "bigint" || Number.isInteger(x);
}
