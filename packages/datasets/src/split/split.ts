/**
 * Splits of a data set into train, val and test. The unit is always the identity, never the image: two frames of one
 * video, or a face and the fakes made of it, are near copies, and a detector tested on one after learning from the
 * other is measured on its memory. Both functions depend on the set of identities and the seed alone.
 */
import { stream } from "@roga/tensor-utils/random";
import { DatasetError } from "../errors.js";
import { naturalCompare } from "../natural-order.js";
import { type Sample, SPLITS, type Split } from "../sample.js";
import { type SplitFractions, splitCounts } from "./fractions.js";

/** Options of {@link splitByGroup}. */
export interface GroupSplitOptions {
  /**
   * Identities left out on either side of every border between two splits, in no split at all (`null`).
   * Where neighbours are often one person, this many photographs of a person may straddle a border. Default 0.
   */
  readonly guard?: number;
}

/**
 * Assigns every identity to one split at random.
 * @param fractions Shares of the identities (not of the samples), sum 1.
 * @param seed Seed of the assignment; the order of `samples` has no influence on it.
 * @returns The samples in their given order, with `split` set.
 * @throws DatasetError if a fraction is out of range or there are too few identities.
 */
export function splitByIdentity(samples: readonly Sample[], fractions: SplitFractions, seed: number): Sample[] {
  const identities = stream(seed, "split", "identity").shuffle(identitiesInOrder(samples));
  const counts = splitCounts(identities.length, fractions);
  const assigned = new Map<string, Split>();
  let next = 0;
  for (const split of SPLITS) {
    for (let i = 0; i < counts[split]; i++) assigned.set(identities[next++]!, split);
  }
  return samples.map((sample) => ({ ...sample, split: assigned.get(sample.identity) ?? null }));
}

/**
 * Cuts the identities, in natural order of their names, into one contiguous range per split; the seed draws the order
 * of the ranges. For photographs without subject labels whose neighbours in number are often the same person:
 * a random split would put one person on both sides, two borders can do so for two persons at most.
 * @param fractions Shares of the identities (not of the samples), sum 1.
 * @param seed Seed of the order of the ranges.
 * @returns The samples in their given order, with `split` set; `null` for those in a guard.
 * @throws DatasetError if a fraction is out of range, or if a guard leaves a split empty.
 */
export function splitByGroup(
  samples: readonly Sample[],
  fractions: SplitFractions,
  seed: number,
  options: GroupSplitOptions = {},
): Sample[] {
  const { guard = 0 } = options;
  if (!(Number.isSafeInteger(guard) && guard >= 0)) {
    throw new DatasetError("split.guard", `expected a whole number of identities, got ${guard}`);
  }
  const identities = identitiesInOrder(samples);
  const counts = splitCounts(identities.length, fractions);
  const ranges = stream(seed, "split", "group").shuffle(SPLITS.filter((split) => counts[split] > 0));
  const assigned = new Map<string, Split>();
  let start = 0;
  for (const split of ranges) {
    const end = start + counts[split];
    const from = start === 0 ? start : start + guard;
    const to = end === identities.length ? end : end - guard;
    if (from >= to) {
      throw new DatasetError("split.guard", `${guard} leaves none of the ${counts[split]} identities of ${split}`);
    }
    for (const identity of identities.slice(from, to)) assigned.set(identity, split);
    start = end;
  }
  return samples.map((sample) => ({ ...sample, split: assigned.get(sample.identity) ?? null }));
}

/** The samples of one split, in their given order. */
export function ofSplit(samples: readonly Sample[], split: Split): Sample[] {
  return samples.filter((sample) => sample.split === split);
}

function identitiesInOrder(samples: readonly Sample[]): string[] {
  if (samples.length === 0) throw new DatasetError("split", "expected at least one sample, got none");
  return [...new Set(samples.map((sample) => sample.identity))].sort(naturalCompare);
}
