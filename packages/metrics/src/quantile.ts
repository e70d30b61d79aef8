/** Quantiles with linear interpolation between order statistics (Hyndman and Fan 1996, type 7; NumPy's default). */

/** The quantile at `share`, 0 to 1, of at least one number in ascending order. */
export function quantileOfSorted(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (at - below) * (high - low);
}
