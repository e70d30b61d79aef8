/**
 * Equal error rate: where the share of reals called fake equals the share of fakes called real. On finitely many samples
 * the two rarely meet at a threshold, so tools differ in what they report; the conventions of two common ones are named
 * options. DeepfakeBench: `training/metrics/utils.py`, `get_test_metrics`. TorchMetrics:
 * `functional/classification/eer.py`, `binary_eer`.
 */
import { InvalidInputError } from "./errors.js";
import { scoreMetric } from "./metric.js";
import type { RankedScores } from "./ranked.js";
import { requireBothClasses } from "./require.js";
import { cornerPoints } from "./roc.js";

/**
 * How to read the equal error rate off the ROC curve:
 * - `"interpolated"`: where the straight lines between all points of the curve cross FPR = FNR.
 * - `"deepfakebench"`: the FPR of the first point that minimises |FNR − FPR| on the curve without intermediate points.
 * - `"torchmetrics"`: (FPR + FNR) / 2 at the first point of the full curve that minimises |FPR − FNR| to within float32
 *   epsilon, all in float32 arithmetic. Its sigmoid for scores outside 0 to 1 is the caller's to apply.
 */
export type EqualErrorRateConvention = "interpolated" | "deepfakebench" | "torchmetrics";

/** Options of {@link equalErrorRate}. */
export interface EqualErrorRateOptions {
  /** Default `"interpolated"`. */
  convention?: EqualErrorRateConvention;
}

/** An equal error rate and where it lies. */
export interface EqualErrorRate {
  /** 0 to 1; 0.5 is chance. */
  readonly value: number;
  /**
   * The score at which the rate is read, interpolated like the rate. `Infinity` where a convention other than
   * `"interpolated"` reads it at the curve's start, where nothing is called fake.
   */
  readonly threshold: number;
}

/** Equal error rate. Undefined without at least one fake and one real. */
export const equalErrorRate = scoreMetric<EqualErrorRate, EqualErrorRateOptions>((ranked, options) => {
  const convention = options?.convention ?? "interpolated";
  if (!Object.hasOwn(conventions, convention)) {
    throw new InvalidInputError("options.convention", '"interpolated", "deepfakebench" or "torchmetrics"', convention);
  }
  requireBothClasses("equalErrorRate", ranked.positives, ranked.negatives);
  return conventions[convention](ranked);
});

const conventions: Record<EqualErrorRateConvention, (ranked: RankedScores) => EqualErrorRate> = {
  interpolated,
  deepfakebench,
  torchmetrics,
};

function interpolated(ranked: RankedScores): EqualErrorRate {
  const { thresholds, truePositives, falsePositives, positives, negatives } = ranked;
  // FPR − FNR over a common denominator, so that its sign is exact; it ascends from −1 to 1 along the curve.
  const excess = (i: number) => falsePositives[i]! * positives + truePositives[i]! * negatives - positives * negatives;
  let lo = 0;
  let hi = thresholds.length - 1;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    if (excess(middle) >= 0) hi = middle;
    else lo = middle + 1;
  }
  const isFirst = hi === 0;
  const before = isFirst ? -positives * negatives : excess(hi - 1);
  const reals = isFirst ? 0 : falsePositives[hi - 1]!;
  const higher = isFirst ? thresholds[0]! : thresholds[hi - 1]!; // (0, 0) has no finite threshold of its own
  const share = before / (before - excess(hi));
  return {
    value: (reals + share * (falsePositives[hi]! - reals)) / negatives,
    threshold: higher + share * (thresholds[hi]! - higher),
  };
}

function deepfakebench(ranked: RankedScores): EqualErrorRate {
  const { thresholds, truePositives, falsePositives, positives, negatives } = ranked;
  let value = 0;
  let threshold = Number.POSITIVE_INFINITY;
  let least = 1; // |FNR − FPR| at (0, 0)
  const points = cornerPoints(ranked);
  for (let point = 0; point < points.length; point++) {
    const i = points[point]!;
    const rate = falsePositives[i]! / negatives;
    const difference = Math.abs(1 - truePositives[i]! / positives - rate);
    if (difference < least) {
      least = difference;
      value = rate;
      threshold = thresholds[i]!;
    }
  }
  return { value, threshold };
}

const FLOAT32_EPSILON = 2 ** -23;

function torchmetrics(ranked: RankedScores): EqualErrorRate {
  const { thresholds, truePositives, falsePositives, positives, negatives } = ranked;
  const round = Math.fround;
  const falsePositiveRate = (i: number) => round(round(falsePositives[i]!) / round(negatives));
  const falseNegativeRate = (i: number) => round(1 - round(round(truePositives[i]!) / round(positives)));
  const difference = (i: number) => Math.abs(round(falsePositiveRate(i) - falseNegativeRate(i)));
  let least = 1; // at (0, 0)
  for (let i = 0; i < thresholds.length; i++) least = Math.min(least, difference(i));
  const bound = round(least + FLOAT32_EPSILON);
  if (bound >= 1) return { value: 0.5, threshold: Number.POSITIVE_INFINITY };
  let i = 0;
  while (difference(i) > bound) i++;
  return { value: round(round(falsePositiveRate(i) + falseNegativeRate(i)) / 2), threshold: thresholds[i]! };
}
