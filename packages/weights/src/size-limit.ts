/** How much a file may grow by being read: the limit that formats share which can say more than they hold. */

/** Small files may grow to this many bytes. */
const LEAST = 2 ** 30;

/** Larger ones to so many times their length; weights, which are close to random, hardly compress at all. */
const RATIO = 20;

/** Bytes that all tensors of a file together may take, or the entries of an archive. */
export function grownLimit(fileBytes: number): number {
  return Math.max(LEAST, RATIO * fileBytes);
}
