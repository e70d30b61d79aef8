/**
 * The receiver operating characteristic as an array of points, in the form of scikit-learn's `roc_curve`
 * (Fawcett 2006, "An introduction to ROC analysis"). Areas under it are in `auc.ts`.
 */
import { scoreMetric } from "./metric.js";
import type { RankedScores } from "./ranked.js";
import { requireBothClasses } from "./require.js";

/** Points of an ROC curve, from (0, 0) to (1, 1); the three arrays have one length. */
export interface RocCurve {
  /** Share of reals with a score of at least the threshold, 0 to 1, ascending. */
  readonly falsePositiveRate: Float64Array;
  /** Share of fakes with a score of at least the threshold, 0 to 1, ascending. */
  readonly truePositiveRate: Float64Array;
  /** Descending; the first is `Infinity`, at which nothing is called fake. */
  readonly thresholds: Float64Array;
}

/** Options of {@link rocCurve}. */
export interface RocCurveOptions {
  /**
   * Leaves out points between two others at even steps on a straight line, as scikit-learn does: the drawn curve and
   * the area stay the same. Default true.
   */
  dropIntermediate?: boolean;
}

/**
 * ROC curve; samples with one score are one point.
 *
 * Agrees with scikit-learn ≥ 1.3 (before that, the first threshold was the highest score plus one).
 * Undefined without at least one fake and one real.
 */
export const rocCurve = scoreMetric<RocCurve, RocCurveOptions>((ranked, options) => {
  requireBothClasses("rocCurve", ranked.positives, ranked.negatives);
  const { thresholds, truePositives, falsePositives, positives, negatives } = ranked;
  const kept = options?.dropIntermediate === false ? undefined : cornerPoints(ranked);
  const points = kept?.length ?? thresholds.length;
  const curve: RocCurve = {
    falsePositiveRate: new Float64Array(points + 1),
    truePositiveRate: new Float64Array(points + 1),
    thresholds: new Float64Array(points + 1),
  };
  curve.thresholds[0] = Number.POSITIVE_INFINITY;
  for (let point = 0; point < points; point++) {
    const group = kept === undefined ? point : kept[point]!;
    curve.falsePositiveRate[point + 1] = falsePositives[group]! / negatives;
    curve.truePositiveRate[point + 1] = truePositives[group]! / positives;
    curve.thresholds[point + 1] = thresholds[group]!;
  }
  return curve;
});

/**
 * Indices of the thresholds that `dropIntermediate` keeps: both ends, and wherever the step in either count differs from
 * the step before. The point (0, 0) takes no part, as in scikit-learn.
 */
export function cornerPoints({ truePositives, falsePositives, thresholds }: RankedScores): Uint32Array {
  const last = thresholds.length - 1;
  const kept = new Uint32Array(thresholds.length);
  let count = 1; // the first point, 0, is kept
  let fakesStep = 0;
  let realsStep = 0;
  for (let i = 0; i < last; i++) {
    const nextFakesStep = (truePositives[i + 1]! - truePositives[i]!) | 0;
    const nextRealsStep = (falsePositives[i + 1]! - falsePositives[i]!) | 0;
    const bend = (nextFakesStep - fakesStep) | (nextRealsStep - realsStep);
    // Every point is written and stays if the count moves on: without a branch, which random labels would mispredict.
    if (i > 0) {
      kept[count] = i;
      count += (bend | -bend) >>> 31;
    }
    fakesStep = nextFakesStep;
    realsStep = nextRealsStep;
  }
  if (last > 0) kept[count++] = last;
  return kept.subarray(0, count);
}
