/**
 * Choosing the score from which a sample is called fake, by a rule on the ROC curve. The choice belongs on validation data
 * of the source domains; chosen on the test data it flatters every metric computed with it.
 */
import { firstBeyond } from "./auc.js";
import { InvalidInputError } from "./errors.js";
import { requireInRange } from "./input.js";
import { scoreMetricWith } from "./metric.js";
import type { RankedScores } from "./ranked.js";
import { requireBothClasses } from "./require.js";

/** The largest true positive rate within a false positive rate. */
export interface FalsePositiveRateRule {
  /** The most reals that may be called fake, as a share, 0 to 1. */
  readonly falsePositiveRate: number;
}

/**
 * How to choose a threshold:
 * - `"eer"`: the smallest |FPR − FNR|.
 * - `"youden"`: the largest TPR − FPR (Youden 1950).
 * - `{falsePositiveRate: x}`: the largest TPR whose FPR does not exceed x.
 *
 * Of equal thresholds, the highest.
 */
export type ThresholdRule = "eer" | "youden" | FalsePositiveRateRule;

/** Options of {@link selectThreshold}. */
export interface SelectThresholdOptions {
  /** How to choose. */
  rule: ThresholdRule;
}

/** A threshold with what it does on the data it was chosen on. */
export interface SelectedThreshold {
  /** Call fake what scores at least this. `Infinity` (nothing is fake) where the rule allows no observed score. */
  readonly threshold: number;
  /** Share of reals called fake, 0 to 1. */
  readonly falsePositiveRate: number;
  /** Share of fakes called fake, 0 to 1. */
  readonly truePositiveRate: number;
}

/**
 * Chooses a threshold among the observed scores and `Infinity`. Undefined without at least one fake and one real.
 */
export const selectThreshold = scoreMetricWith<SelectedThreshold, SelectThresholdOptions>((ranked, options) => {
  const rule = readRule(options?.rule);
  requireBothClasses("selectThreshold", ranked.positives, ranked.negatives);
  const { thresholds, truePositives, falsePositives, positives, negatives } = ranked;
  const chosen = rule === "eer" || rule === "youden" ? best(ranked, rule) : bestWithin(ranked, rule.falsePositiveRate);
  if (chosen < 0) return { threshold: Number.POSITIVE_INFINITY, falsePositiveRate: 0, truePositiveRate: 0 };
  return {
    threshold: thresholds[chosen]!,
    falsePositiveRate: falsePositives[chosen]! / negatives,
    truePositiveRate: truePositives[chosen]! / positives,
  };
});

function readRule(rule: ThresholdRule | undefined): ThresholdRule {
  if (rule === "eer" || rule === "youden") return rule;
  if (typeof rule !== "object" || rule === null) {
    throw new InvalidInputError("options.rule", '"eer", "youden" or {falsePositiveRate}', rule);
  }
  requireInRange("options.rule.falsePositiveRate", rule.falsePositiveRate, "[0, 1]");
  return rule;
}

/** Index of the threshold with the highest merit, −1 for `Infinity`. Merits are whole numbers, so equals are equal. */
function best({ truePositives, falsePositives, positives, negatives }: RankedScores, rule: "eer" | "youden"): number {
  const pairs = positives * negatives;
  let chosen = -1;
  let merit = rule === "eer" ? -pairs : 0;
  for (let i = 0; i < truePositives.length; i++) {
    const fakes = truePositives[i]! * negatives;
    const reals = falsePositives[i]! * positives;
    const here = rule === "eer" ? -Math.abs(reals + fakes - pairs) : fakes - reals;
    if (here > merit) {
      merit = here;
      chosen = i;
    }
  }
  return chosen;
}

/** Index of the first threshold that has the largest true positive count within a false positive rate, −1 for none. */
function bestWithin(ranked: RankedScores, falsePositiveRate: number): number {
  const { truePositives } = ranked;
  let chosen = firstBeyond(ranked, falsePositiveRate) - 1;
  while (chosen > 0 && truePositives[chosen - 1] === truePositives[chosen]) chosen--;
  return chosen >= 0 && truePositives[chosen] === 0 ? -1 : chosen;
}
