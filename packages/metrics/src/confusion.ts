/**
 * Counts of right and wrong decisions at a threshold, and the metrics of those counts. A sample is called fake when its
 * score is at least the threshold, as everywhere in this package.
 */
import { InvalidInputError, UndefinedMetricError } from "./errors.js";
import { type Labels, readSamples, requireInteger, type Scores } from "./input.js";
import { type NullWhenUndefined, orNull, type ThrowWhenUndefined } from "./metric.js";
import { RankedScores } from "./ranked.js";
import { requireBothClasses, requireSamples } from "./require.js";

/** Decisions at one threshold, counted. */
export interface ConfusionMatrix {
  /** Fakes called fake. */
  readonly truePositives: number;
  /** Reals called fake. */
  readonly falsePositives: number;
  /** Reals called real. */
  readonly trueNegatives: number;
  /** Fakes called real. */
  readonly falseNegatives: number;
}

/** A metric of decisions, from samples and a threshold or from their counts. */
export interface DecisionMetric {
  /** The value; UndefinedMetricError where there is none. */
  (labels: Labels, scores: Scores, threshold: number, options?: ThrowWhenUndefined): number;
  /** The value; `null` where there is none and the options ask for `null`. */
  (labels: Labels, scores: Scores, threshold: number, options?: NullWhenUndefined): number | null;
  /** The value for counts; UndefinedMetricError where there is none. */
  (matrix: ConfusionMatrix, options?: ThrowWhenUndefined): number;
  /** The value for counts; `null` where there is none and the options ask for `null`. */
  (matrix: ConfusionMatrix, options?: NullWhenUndefined): number | null;
}

/**
 * Counts decisions at a threshold: fake means score ≥ threshold. No samples give four zeros.
 *
 * @param threshold any number, `Infinity` and `-Infinity` included
 * @throws InvalidInputError on unreadable samples or a threshold that is NaN
 */
export function confusionMatrix(labels: Labels, scores: Scores, threshold: number): ConfusionMatrix;
/**
 * Counts decisions at a threshold for ranked scores.
 *
 * @param threshold any number, `Infinity` and `-Infinity` included
 * @throws InvalidInputError on a threshold that is NaN
 */
export function confusionMatrix(ranked: RankedScores, threshold: number): ConfusionMatrix;
export function confusionMatrix(
  first: Labels | RankedScores,
  second: Scores | number,
  third?: number,
): ConfusionMatrix {
  // The overloads tie the kind of the second argument to that of the first.
  const threshold = (first instanceof RankedScores ? second : third) as number;
  if (typeof threshold !== "number" || Number.isNaN(threshold)) {
    throw new InvalidInputError("threshold", "a number", threshold);
  }
  return first instanceof RankedScores ? countRanked(first, threshold) : count(first, second as Scores, threshold);
}

/** Share of samples that are called what they are, 0 to 1. Undefined without samples. */
export const accuracy = decisionMetric((matrix) => {
  const total = realCount(matrix) + fakeCount(matrix);
  requireSamples("accuracy", total);
  return (matrix.truePositives + matrix.trueNegatives) / total;
});

/**
 * Mean of the share of fakes called fake and the share of reals called real, 0 to 1; 0.5 is chance.
 * Undefined without at least one fake and one real.
 */
export const balancedAccuracy = decisionMetric((matrix) => {
  const fakes = fakeCount(matrix);
  const reals = realCount(matrix);
  requireBothClasses("balancedAccuracy", fakes, reals);
  return (matrix.truePositives / fakes + matrix.trueNegatives / reals) / 2;
});

/**
 * Harmonic mean of precision and recall of the fake class, 0 to 1. Undefined where nothing is fake and nothing is called
 * fake (scikit-learn warns and gives 0 there).
 */
export const f1Score = decisionMetric((matrix) => {
  const denominator = 2 * matrix.truePositives + matrix.falsePositives + matrix.falseNegatives;
  if (denominator === 0) throw new UndefinedMetricError("f1Score", "no sample is fake and none is called fake");
  return (2 * matrix.truePositives) / denominator;
});

/**
 * Matthews correlation coefficient between labels and decisions, −1 to 1; 0 is chance. Undefined where the labels or the
 * decisions are all the same (scikit-learn gives 0 there).
 */
export const matthewsCorrelation = decisionMetric((matrix) => {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = matrix;
  const fakes = fakeCount(matrix);
  const reals = realCount(matrix);
  const calledFake = truePositives + falsePositives;
  const calledReal = trueNegatives + falseNegatives;
  requireBothClasses("matthewsCorrelation", fakes, reals);
  if (calledFake === 0 || calledReal === 0) {
    throw new UndefinedMetricError(
      "matthewsCorrelation",
      `every sample is called ${calledFake === 0 ? "real" : "fake"}`,
    );
  }
  const covariance = truePositives * trueNegatives - falsePositives * falseNegatives;
  return covariance / Math.sqrt(fakes * reals) / Math.sqrt(calledFake * calledReal);
});

function decisionMetric(compute: (matrix: ConfusionMatrix) => number): DecisionMetric {
  const metric = (
    first: Labels | ConfusionMatrix,
    second?: Scores | NullWhenUndefined,
    threshold?: number,
    fourth?: NullWhenUndefined,
  ): number | null => {
    // The overloads tie the kind of the second argument to that of the first.
    const options = ("length" in first ? fourth : second) as NullWhenUndefined | undefined;
    return orNull(options, () =>
      compute("length" in first ? confusionMatrix(first, second as Scores, threshold as number) : readMatrix(first)),
    );
  };
  return metric as DecisionMetric; // `null` comes only where the options ask for it
}

function readMatrix(matrix: ConfusionMatrix): ConfusionMatrix {
  requireInteger("matrix.truePositives", matrix.truePositives, 0);
  requireInteger("matrix.falsePositives", matrix.falsePositives, 0);
  requireInteger("matrix.trueNegatives", matrix.trueNegatives, 0);
  requireInteger("matrix.falseNegatives", matrix.falseNegatives, 0);
  return matrix;
}

function count(labels: Labels, scores: Scores, threshold: number): ConfusionMatrix {
  const samples = readSamples(labels, scores);
  let fakes = 0;
  let calledFake = 0;
  let truePositives = 0;
  for (let i = 0; i < samples.labels.length; i++) {
    const isFake = samples.labels[i]!;
    const isCalledFake = samples.scores[i]! >= threshold ? 1 : 0;
    fakes += isFake;
    calledFake += isCalledFake;
    truePositives += isFake & isCalledFake;
  }
  return fromCounts(samples.labels.length, fakes, calledFake, truePositives);
}

function countRanked(ranked: RankedScores, threshold: number): ConfusionMatrix {
  const { thresholds, truePositives, falsePositives, positives, negatives } = ranked;
  let lo = 0; // becomes the number of distinct scores that reach the threshold
  let hi = thresholds.length;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    if (thresholds[middle]! >= threshold) lo = middle + 1;
    else hi = middle;
  }
  const hits = lo === 0 ? 0 : truePositives[lo - 1]!;
  const calledFake = lo === 0 ? 0 : hits + falsePositives[lo - 1]!;
  return fromCounts(positives + negatives, positives, calledFake, hits);
}

function fromCounts(total: number, fakes: number, calledFake: number, truePositives: number): ConfusionMatrix {
  const falsePositives = calledFake - truePositives;
  return {
    truePositives,
    falsePositives,
    trueNegatives: total - fakes - falsePositives,
    falseNegatives: fakes - truePositives,
  };
}

function fakeCount(matrix: ConfusionMatrix): number {
  return matrix.truePositives + matrix.falseNegatives;
}

function realCount(matrix: ConfusionMatrix): number {
  return matrix.trueNegatives + matrix.falsePositives;
}
