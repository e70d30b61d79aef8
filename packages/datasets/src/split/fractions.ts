/**
 * Fractions of a split as whole numbers of identities, by the method of largest remainders.
 */
import { DatasetError } from "../errors.js";
import { SPLITS, type Split } from "../sample.js";

/** The share of each split, as fractions that sum to 1. A split with fraction 0 stays empty. */
export interface SplitFractions {
  /** What a run learns from. */
  readonly train: number;
  /** What it selects checkpoints and thresholds on. */
  readonly val: number;
  /** What it reports on. */
  readonly test: number;
}

/**
 * How many of `total` identities each split gets. Every split with a fraction above 0 gets at least one.
 * @throws DatasetError if the fractions are not of 0..1 with sum 1, or if there are fewer identities than splits.
 */
export function splitCounts(total: number, fractions: SplitFractions): Record<Split, number> {
  for (const split of SPLITS) {
    const fraction = fractions[split];
    if (!(fraction >= 0 && fraction <= 1)) {
      throw new DatasetError(`split.${split}`, `expected a fraction from 0 to 1, got ${fraction}`);
    }
  }
  const sum = fractions.train + fractions.val + fractions.test;
  if (Math.abs(sum - 1) > 1e-6) throw new DatasetError("split", `the fractions must sum to 1, got ${sum}`);
  const used = SPLITS.filter((split) => fractions[split] > 0);
  if (total < used.length) {
    throw new DatasetError("split", `${used.join(", ")} need at least ${used.length} identities, got ${total}`);
  }
  const counts: Record<Split, number> = { train: 0, val: 0, test: 0 };
  for (const split of used) counts[split] = Math.max(1, Math.floor(fractions[split] * total + 1e-9));
  const lack = (split: Split) => fractions[split] * total - counts[split];
  const assigned = () => counts.train + counts.val + counts.test;
  while (assigned() < total) counts[used.reduce((best, split) => (lack(split) > lack(best) ? split : best))]++;
  // Only where the least count of one took more than the fractions give.
  while (assigned() > total) {
    const spare = used.filter((split) => counts[split] > 1);
    counts[spare.reduce((best, split) => (lack(split) < lack(best) ? split : best))]--;
  }
  return counts;
}
