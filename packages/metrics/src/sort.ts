/**
 * Sorting float64 keys that each carry a 32-bit payload: the one expensive step behind every ranking metric. A comparator
 * on 10⁷ numbers takes tens of seconds in JavaScript; this is a distribution sort. Keys are spread over cells by a linear
 * map of their value, first over few buckets until a bucket fits the cache, then over as many cells as keys, after which
 * the order is almost right and one insertion pass ends it. The map `floor((x − min)·scale)` never reverses two keys,
 * rounding included, so the order is exact. Where values pile up (saturated scores) a cell is spread again; where that
 * does not end, or the linear map overflows, a heap sort bounds the time by n log n. Equal keys keep no particular order.
 */

/** Keys with their payloads, of one length. */
export interface Pairs {
  readonly keys: Float64Array;
  readonly payload: Uint32Array;
}

/** Below this, insertion is quickest. */
const INSERTION_LENGTH = 24;
/** A range of this many pairs and its cell counters stay in the second-level cache. */
const CACHED_LENGTH = 16_384;
/** Write streams of one pass over a longer range: few enough for the cache and the page table. */
const BUCKETS = 2048;
/** One insertion pass ends the sort while no cell is longer; its cost grows with the square of this. */
const LONGEST_CELL = 48;
/** Spreading that has not ended here is fighting its data. */
const DEEPEST = 12;

/** Sorts pairs by key, ascending, in place. Keys must not be NaN. Uses as much memory again while it runs. */
export function sortPairs(pairs: Pairs): void {
  const count = pairs.keys.length;
  const scratch = { keys: new Float64Array(count), payload: new Uint32Array(count) };
  const counters = new Uint32Array(Math.max(BUCKETS, Math.min(count, CACHED_LENGTH)));
  sortRange(pairs, scratch, 0, count, true, 0, counters);
}

/** Indices that put `scores` in ascending order, and the scores in that order. */
export function argsort(scores: Float64Array): { order: Uint32Array; sorted: Float64Array } {
  const order = new Uint32Array(scores.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  const sorted = scores.slice();
  sortPairs({ keys: sorted, payload: order });
  return { order, sorted };
}

/** Sorts `from[lo, hi)`; the result lies in `from` itself if `inPlace`, else at the same place in `other`. */
function sortRange(
  from: Pairs,
  other: Pairs,
  lo: number,
  hi: number,
  inPlace: boolean,
  depth: number,
  counters: Uint32Array,
): void {
  const count = hi - lo;
  const target = inPlace ? from : other;
  if (count <= INSERTION_LENGTH) {
    if (!inPlace) copyFew(from, other, lo, hi);
    insertionSort(target, lo, hi);
    return;
  }
  const keys = from.keys;
  let least = keys[lo]!;
  let most = least;
  for (let i = lo + 1; i < hi; i++) {
    const key = keys[i]!;
    if (key < least) least = key;
    else if (key > most) most = key;
  }
  const cells = count <= CACHED_LENGTH ? count : BUCKETS;
  const scale = (cells - 1) / (most - least);
  if (least === most || depth === DEEPEST || scale === 0 || scale === Number.POSITIVE_INFINITY) {
    if (!inPlace) copy(from, other, lo, hi);
    if (least !== most) heapSort(target, lo, hi);
    return;
  }
  const longest = spread(from, other, lo, hi, least, scale, cells, counters);
  if (longest <= LONGEST_CELL) {
    if (inPlace) copy(other, from, lo, hi);
    insertionSort(target, lo, hi);
    return;
  }
  const ends = counters.slice(0, cells);
  let start = lo;
  for (let cell = 0; cell < cells; cell++) {
    const end = ends[cell]!;
    if (end > start) sortRange(other, from, start, end, !inPlace, depth + 1, counters);
    start = end;
  }
}

/** One counting pass of `from[lo, hi)` into `other`; leaves each cell's end in `counters`. Returns the longest cell. */
function spread(
  from: Pairs,
  other: Pairs,
  lo: number,
  hi: number,
  least: number,
  scale: number,
  cells: number,
  counters: Uint32Array,
): number {
  const { keys, payload } = from;
  const { keys: toKeys, payload: toPayload } = other;
  counters.fill(0, 0, cells);
  for (let i = lo; i < hi; i++) counters[((keys[i]! - least) * scale) | 0]!++;
  let next = lo;
  let longest = 0;
  for (let cell = 0; cell < cells; cell++) {
    const length = counters[cell]!;
    counters[cell] = next;
    next += length;
    if (length > longest) longest = length;
  }
  for (let i = lo; i < hi; i++) {
    const key = keys[i]!;
    const at = counters[((key - least) * scale) | 0]!++;
    toKeys[at] = key;
    toPayload[at] = payload[i]!;
  }
  return longest;
}

function insertionSort({ keys, payload }: Pairs, lo: number, hi: number): void {
  for (let i = lo + 1; i < hi; i++) {
    const key = keys[i]!;
    let j = i - 1;
    if (keys[j]! <= key) continue;
    const carried = payload[i]!;
    do {
      keys[j + 1] = keys[j]!;
      payload[j + 1] = payload[j]!;
      j--;
    } while (j >= lo && keys[j]! > key);
    keys[j + 1] = key;
    payload[j + 1] = carried;
  }
}

function heapSort(pairs: Pairs, lo: number, hi: number): void {
  const { keys, payload } = pairs;
  for (let root = (hi - lo) >> 1; root-- > 0; ) siftDown(pairs, lo, root, hi - lo);
  for (let last = hi - 1; last > lo; last--) {
    const key = keys[last]!;
    const carried = payload[last]!;
    keys[last] = keys[lo]!;
    payload[last] = payload[lo]!;
    keys[lo] = key;
    payload[lo] = carried;
    siftDown(pairs, lo, 0, last - lo);
  }
}

/** Moves the pair at heap position `root` below every larger one; the heap lies at `lo` and holds `length` pairs. */
function siftDown({ keys, payload }: Pairs, lo: number, root: number, length: number): void {
  const key = keys[lo + root]!;
  const carried = payload[lo + root]!;
  let hole = root;
  for (let child = 2 * hole + 1; child < length; child = 2 * hole + 1) {
    if (child + 1 < length && keys[lo + child + 1]! > keys[lo + child]!) child++;
    if (keys[lo + child]! <= key) break;
    keys[lo + hole] = keys[lo + child]!;
    payload[lo + hole] = payload[lo + child]!;
    hole = child;
  }
  keys[lo + hole] = key;
  payload[lo + hole] = carried;
}

function copy(from: Pairs, to: Pairs, lo: number, hi: number): void {
  to.keys.set(from.keys.subarray(lo, hi), lo);
  to.payload.set(from.payload.subarray(lo, hi), lo);
}

/** `copy` without its two views, which cost more than a few pairs. */
function copyFew(from: Pairs, to: Pairs, lo: number, hi: number): void {
  for (let i = lo; i < hi; i++) {
    to.keys[i] = from.keys[i]!;
    to.payload[i] = from.payload[i]!;
  }
}
