/**
 * Precision against recall, and average precision, in the form of scikit-learn's `precision_recall_curve` and
 * `average_precision_score`: a step-wise sum without interpolation between thresholds.
 */
import { scoreMetric } from "./metric.js";
import { requireBothClasses } from "./require.js";

/** Points of a precision-recall curve, by ascending threshold, ended by precision 1 at recall 0. */
export interface PrecisionRecallCurve {
  /** Share of fakes among the samples called fake, 0 to 1; one longer than `thresholds`. */
  readonly precision: Float64Array;
  /** Share of the fakes that are called fake, 0 to 1, descending; one longer than `thresholds`. */
  readonly recall: Float64Array;
  /** Distinct scores, ascending. */
  readonly thresholds: Float64Array;
}

/**
 * Precision and recall at every distinct score. Undefined without at least one fake and one real.
 */
export const precisionRecallCurve = scoreMetric<PrecisionRecallCurve>((ranked) => {
  const { truePositives, falsePositives, positives, negatives } = ranked;
  requireBothClasses("precisionRecallCurve", positives, negatives);
  const points = truePositives.length;
  const precision = new Float64Array(points + 1);
  const recall = new Float64Array(points + 1);
  for (let i = 0; i < points; i++) {
    const at = points - 1 - i;
    precision[at] = truePositives[i]! / (truePositives[i]! + falsePositives[i]!);
    recall[at] = truePositives[i]! / positives;
  }
  precision[points] = 1;
  return { precision, recall, thresholds: ranked.thresholds.slice().reverse() };
});

/**
 * Average precision, 0 to 1: the mean over fakes of the precision at that fake's score, Σ (Rᵢ − Rᵢ₋₁) Pᵢ.
 *
 * Undefined without at least one fake and one real. scikit-learn gives 0 without fakes and 1 without reals, neither of
 * which says anything about the scores.
 */
export const averagePrecision = scoreMetric<number>((ranked) => {
  const { truePositives, falsePositives, positives, negatives } = ranked;
  requireBothClasses("averagePrecision", positives, negatives);
  let sum = 0;
  let block = 0; // summed apart every 4096 thresholds, which keeps rounding near 10⁻¹⁵ for 10⁷ of them
  let fakes = 0;
  for (let i = 0; i < truePositives.length; i++) {
    const fakesHere = truePositives[i]!;
    block += ((fakesHere - fakes) * fakesHere) / (fakesHere + falsePositives[i]!);
    fakes = fakesHere;
    if ((i & 4095) === 4095) {
      sum += block;
      block = 0;
    }
  }
  return (sum + block) / positives;
});
