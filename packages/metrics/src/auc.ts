/**
 * Areas and heights on the ROC curve: the whole area (Mann-Whitney), the area left of a false positive rate, and the true
 * positive rate at one. Between two points the curve is a straight line, which is what breaking ties at random achieves
 * on average.
 */
import { requireInRange } from "./input.js";
import { scoreMetric, scoreMetricWith } from "./metric.js";
import type { RankedScores } from "./ranked.js";
import { requireBothClasses } from "./require.js";

/**
 * Area under the ROC curve, 0 to 1: the probability that a fake scores higher than a real, a tie counting half
 * (Mann-Whitney U divided by the number of pairs; Hanley and McNeil 1982).
 *
 * Counted in whole numbers, so exact up to the last division while 2 · fakes · reals < 2⁵³ (9·10⁷ samples).
 * Undefined without at least one fake and one real.
 */
export const rocAuc = scoreMetric<number>((ranked) => {
  const { truePositives, falsePositives, positives, negatives } = ranked;
  requireBothClasses("rocAuc", positives, negatives);
  let twicePairs = 0;
  let fakes = 0;
  let reals = 0;
  for (let i = 0; i < truePositives.length; i++) {
    const fakesHere = truePositives[i]!;
    const realsHere = falsePositives[i]!;
    twicePairs += (realsHere - reals) * (fakes + fakesHere);
    fakes = fakesHere;
    reals = realsHere;
  }
  return twicePairs / (2 * positives * negatives);
});

/** Options of {@link partialAuc}. */
export interface PartialAucOptions {
  /** Right end of the area, above 0 and at most 1. */
  maxFalsePositiveRate: number;
  /**
   * `true` (default): rescaled so that chance is 0.5 and a perfect ranking 1 (McClish 1989), as scikit-learn's
   * `roc_auc_score(max_fpr=…)`. `false`: the plain area, at most `maxFalsePositiveRate`.
   */
  standardized?: boolean;
}

/**
 * Area under the ROC curve left of a false positive rate.
 *
 * Undefined without at least one fake and one real.
 */
export const partialAuc = scoreMetricWith<number, PartialAucOptions>((ranked, options) => {
  const limit = options?.maxFalsePositiveRate ?? Number.NaN;
  requireInRange("options.maxFalsePositiveRate", limit, "(0, 1]");
  requireBothClasses("partialAuc", ranked.positives, ranked.negatives);
  const { truePositives, falsePositives, positives, negatives } = ranked;
  const after = firstBeyond(ranked, limit);
  let twiceArea = 0; // in fakes × reals
  let fakes = 0;
  let reals = 0;
  for (let i = 0; i < after; i++) {
    twiceArea += (falsePositives[i]! - reals) * (fakes + truePositives[i]!);
    fakes = truePositives[i]!;
    reals = falsePositives[i]!;
  }
  const width = limit * negatives - reals;
  if (after < truePositives.length && width > 0) {
    const slope = (truePositives[after]! - fakes) / (falsePositives[after]! - reals);
    twiceArea += width * (2 * fakes + slope * width);
  }
  const area = twiceArea / (2 * positives * negatives);
  if (options?.standardized === false) return area;
  const chance = (limit * limit) / 2;
  return (1 + (area - chance) / (limit - chance)) / 2;
});

/** Options of {@link truePositiveRateAt}. */
export interface TruePositiveRateAtOptions {
  /** Where to read the curve, 0 to 1. */
  falsePositiveRate: number;
  /**
   * `true` (default): on the straight line between the two nearest points. `false`: the highest true positive rate that
   * a threshold reaches without exceeding the false positive rate.
   */
  interpolate?: boolean;
}

/**
 * True positive rate at a false positive rate, 0 to 1. Where the curve is vertical, its upper end.
 *
 * Undefined without at least one fake and one real.
 */
export const truePositiveRateAt = scoreMetricWith<number, TruePositiveRateAtOptions>((ranked, options) => {
  const rate = options?.falsePositiveRate ?? Number.NaN;
  requireInRange("options.falsePositiveRate", rate, "[0, 1]");
  requireBothClasses("truePositiveRateAt", ranked.positives, ranked.negatives);
  const { truePositives, falsePositives, positives, negatives } = ranked;
  const after = firstBeyond(ranked, rate);
  const fakes = after === 0 ? 0 : truePositives[after - 1]!;
  const reals = after === 0 ? 0 : falsePositives[after - 1]!;
  if (after === truePositives.length || options?.interpolate === false) return fakes / positives;
  const share = (rate * negatives - reals) / (falsePositives[after]! - reals);
  return (fakes + Math.max(share, 0) * (truePositives[after]! - fakes)) / positives;
});

/** Index of the first threshold whose false positive rate exceeds `rate`; the number of thresholds if none does. */
export function firstBeyond({ falsePositives, negatives }: RankedScores, rate: number): number {
  let lo = 0;
  let hi = falsePositives.length;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    if (falsePositives[middle]! / negatives > rate) hi = middle;
    else lo = middle + 1;
  }
  return lo;
}
