/**
 * Natural order of names: runs of digits compare as numbers, so that frame `2.png` comes before `10.png`.
 * Frames are often named by their index in the original video, without leading zeros.
 */

/**
 * Compares two names in natural order, for `Array.prototype.sort`.
 * Names that differ only in leading zeros fall back to code-unit order, so that the order is total.
 */
export function naturalCompare(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareRuns(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
  return left.length - right.length || compareText(a, b);
}

function compareRuns(a: string, b: string): number {
  if (!/^\d/.test(a) || !/^\d/.test(b)) return compareText(a, b);
  // By length, then by text: exact for any number of digits.
  const x = a.replace(/^0+(?=\d)/, "");
  const y = b.replace(/^0+(?=\d)/, "");
  return x.length - y.length || compareText(x, y);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
