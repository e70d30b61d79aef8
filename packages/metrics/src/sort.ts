/**
 * Sorting float64 keys that each carry a number along: the one expensive step behind every ranking metric. A comparator on
 * 10⁷ numbers takes tens of seconds in JavaScript; this is a distribution sort. Keys are spread over cells by a linear map
 * of their value, first over few buckets until a bucket fits the cache, then over as many cells as keys, after which the
 * order is almost right and one insertion pass ends it. The map `floor((most − key) · scale)` never reverses two keys,
 * rounding included, so the order is exact. Where values pile up (saturated scores) a cell is spread again; where that
 * does not end, or the linear map overflows, a heap sort bounds the time by n log n. Equal keys keep no particular order.
 */

/** Keys with what they carry, of one length. */
export interface Pairs {
  readonly keys: Float64Array;
  readonly carried: Uint32Array;
}

/** Below this, insertion is quickest. */
const INSERTION_LENGTH = 24;
/** A range of this many pairs, its copy and its cell counters stay in the second-level cache. */
const CACHED_LENGTH = 16_384;
/** Write streams of one pass over a longer range: few enough for the cache and the page table. */
const BUCKETS = 2048;
/** One insertion pass ends the sort while no cell is longer; its cost grows with the square of this. */
const LONGEST_CELL = 48;
/** Spreading that has not ended here is fighting its data. */
const DEEPEST = 12;

/**
 * Pairs by descending key, in new arrays. Keys must not be NaN. Beyond the result it uses little memory, except where most
 * keys pile up in a small part of their range: up to as much again.
 */
export function sortDescending(keys: Float64Array, carried: Uint8Array | Uint32Array): Pairs {
  const count = keys.length;
  const sorted = { keys: new Float64Array(count), carried: new Uint32Array(count) };
  const work: Work = { ...makePairs(0), counters: new Uint32Array(CACHED_LENGTH) };
  const map = count > CACHED_LENGTH ? mapToCells(keys, 0, count) : undefined;
  if (map?.isUsable) {
    countCells(keys, 0, count, map, work.counters);
    spread(keys, carried, 0, count, map, work.counters, sorted);
    sortCells(sorted, 0, map.cells, 1, work);
  } else {
    sorted.keys.set(keys);
    sorted.carried.set(carried);
    sortRange(sorted, 0, count, 0, work);
  }
  return sorted;
}

/** Indices that put `scores` in descending order, and the scores in that order. */
export function argsortDescending(scores: Float64Array): { order: Uint32Array; sorted: Float64Array } {
  const indices = new Uint32Array(scores.length);
  for (let i = 0; i < indices.length; i++) indices[i] = i;
  const { keys, carried } = sortDescending(scores, indices);
  return { order: carried, sorted: keys };
}

/** Room for one range at a time, replaced where a longer one comes, and the counters of one pass. */
interface Work extends Pairs {
  keys: Float64Array;
  carried: Uint32Array;
  readonly counters: Uint32Array;
}

/** The map of keys to cells: `floor((most − key) · scale)`. */
interface CellMap {
  readonly most: number;
  readonly scale: number;
  readonly cells: number;
  /** False where all keys are equal, or their range is too wide or too narrow for a finite scale. */
  readonly isUsable: boolean;
  /** True where all keys are equal. */
  readonly isConstant: boolean;
}

function makePairs(length: number): Pairs {
  return { keys: new Float64Array(length), carried: new Uint32Array(length) };
}

function mapToCells(keys: Float64Array, lo: number, hi: number): CellMap {
  let least = keys[lo]!;
  let most = least;
  for (let i = lo + 1; i < hi; i++) {
    const key = keys[i]!;
    if (key < least) least = key;
    else if (key > most) most = key;
  }
  const count = hi - lo;
  const cells = count <= CACHED_LENGTH ? count : BUCKETS;
  const scale = (cells - 1) / (most - least);
  return { most, scale, cells, isUsable: scale > 0 && scale < Number.POSITIVE_INFINITY, isConstant: least === most };
}

/** Sorts `pairs[lo, hi)` in place. */
function sortRange(pairs: Pairs, lo: number, hi: number, depth: number, work: Work): void {
  const count = hi - lo;
  if (count <= INSERTION_LENGTH) {
    insertInto(pairs, lo, pairs, lo, count);
    return;
  }
  const map = mapToCells(pairs.keys, lo, hi);
  if (map.isConstant) return;
  if (!map.isUsable || depth === DEEPEST) {
    heapSort(pairs, lo, hi);
    return;
  }
  if (work.keys.length < count) Object.assign(work, makePairs(Math.max(count, CACHED_LENGTH)));
  const longest = countCells(pairs.keys, lo, hi, map, work.counters);
  spread(pairs.keys, pairs.carried, lo, hi, map, work.counters, work);
  if (longest <= LONGEST_CELL) {
    insertInto(work, 0, pairs, lo, count);
    return;
  }
  pairs.keys.set(work.keys.subarray(0, count), lo);
  pairs.carried.set(work.carried.subarray(0, count), lo);
  sortCells(pairs, lo, map.cells, depth + 1, work);
}

/** Sorts each cell that `spread` left from `lo` on; its end, counted from there, is in the counters. */
function sortCells(pairs: Pairs, lo: number, cells: number, depth: number, work: Work): void {
  const ends = work.counters.slice(0, cells); // sorting a cell counts again
  let start = lo;
  for (let cell = 0; cell < cells; cell++) {
    const end = lo + ends[cell]!;
    if (end - start > 1) sortRange(pairs, start, end, depth, work);
    start = end;
  }
}

/** Leaves in `counters` where each cell of `keys[lo, hi)` starts, from 0. Returns the length of the longest. */
function countCells(keys: Float64Array, lo: number, hi: number, map: CellMap, counters: Uint32Array): number {
  const { most, scale, cells } = map;
  counters.fill(0, 0, cells);
  for (let i = lo; i < hi; i++) counters[((most - keys[i]!) * scale) | 0]!++;
  let start = 0;
  let longest = 0;
  for (let cell = 0; cell < cells; cell++) {
    const length = counters[cell]!;
    counters[cell] = start;
    start += length;
    if (length > longest) longest = length;
  }
  return longest;
}

/** Moves pairs to their cells in `to`, which starts at 0; turns the counters from starts to ends. */
function spread(
  keys: Float64Array,
  carried: Uint8Array | Uint32Array,
  lo: number,
  hi: number,
  { most, scale }: CellMap,
  counters: Uint32Array,
  to: Pairs,
): void {
  const { keys: toKeys, carried: toCarried } = to;
  for (let i = lo; i < hi; i++) {
    const key = keys[i]!;
    const at = counters[((most - key) * scale) | 0]!++;
    toKeys[at] = key;
    toCarried[at] = carried[i]!;
  }
}

/** Insertion sort of `count` pairs from `fromLo` into the place at `toLo`, which may be the same. */
function insertInto(from: Pairs, fromLo: number, to: Pairs, toLo: number, count: number): void {
  const { keys: fromKeys, carried: fromCarried } = from;
  const { keys, carried } = to;
  for (let i = 0; i < count; i++) {
    const key = fromKeys[fromLo + i]!;
    const value = fromCarried[fromLo + i]!;
    let at = toLo + i;
    while (at > toLo && keys[at - 1]! < key) {
      keys[at] = keys[at - 1]!;
      carried[at] = carried[at - 1]!;
      at--;
    }
    keys[at] = key;
    carried[at] = value;
  }
}

function heapSort(pairs: Pairs, lo: number, hi: number): void {
  const { keys, carried } = pairs;
  for (let root = (hi - lo) >> 1; root-- > 0; ) siftDown(pairs, lo, root, hi - lo);
  for (let last = hi - 1; last > lo; last--) {
    const key = keys[last]!;
    const value = carried[last]!;
    keys[last] = keys[lo]!;
    carried[last] = carried[lo]!;
    keys[lo] = key;
    carried[lo] = value;
    siftDown(pairs, lo, 0, last - lo);
  }
}

/** Moves the pair at heap position `root` below every smaller one; the heap lies at `lo` and holds `length` pairs. */
function siftDown({ keys, carried }: Pairs, lo: number, root: number, length: number): void {
  const key = keys[lo + root]!;
  const value = carried[lo + root]!;
  let hole = root;
  for (let child = 2 * hole + 1; child < length; child = 2 * hole + 1) {
    if (child + 1 < length && keys[lo + child + 1]! < keys[lo + child]!) child++;
    if (keys[lo + child]! >= key) break;
    keys[lo + hole] = keys[lo + child]!;
    carried[lo + hole] = carried[lo + child]!;
    hole = child;
  }
  keys[lo + hole] = key;
  carried[lo + hole] = value;
}
