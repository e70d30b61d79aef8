/**
 * Platt scaling (Platt 1999, "Probabilistic Outputs for Support Vector Machines"): a slope and an intercept for the
 * logits. Fitted as Lin, Lin and Weng 2007 ("A Note on Platt's Probabilistic Outputs") advise, by Newton's method with
 * backtracking on the convex log loss, here on logits mapped to −1 to 1 so that their scale plays no part.
 */
import { affineLogLoss, affineSigmoid, type Calibration } from "./calibration.js";
import { UndefinedMetricError } from "./errors.js";
import { readSamples } from "./input.js";
import { sigmoid, softplus } from "./logistic.js";
import { sampleMetric } from "./metric.js";
import { requireBothClasses } from "./require.js";

/** Options of {@link fitPlatt}. */
export interface PlattOptions {
  /**
   * `true` (default): Platt's targets (n₁ + 1) / (n₁ + 2) for fakes and 1 / (n₀ + 2) for reals, which keep the fit finite
   * where the scores separate the classes. `false`: targets 1 and 0, plain logistic regression.
   */
  targetSmoothing?: boolean;
}

/** A fitted slope and intercept. The log losses are those of the labels, not of the smoothed targets. */
export interface PlattScaling extends Calibration {
  /** Multiplies the logits; negative where higher scores turned out to mean real. */
  readonly slope: number;
  /** Is added after that. */
  readonly intercept: number;
}

/**
 * Fits p = sigmoid(slope · logit + intercept) by maximum likelihood. Fit on held-out samples, never on those that are
 * reported. `logLossBefore` takes the scores as logits, even where they are none.
 *
 * Undefined without at least one fake and one real, where all scores are equal, and, without target smoothing, where a
 * threshold separates the classes (the steeper the better, without end).
 */
export const fitPlatt = sampleMetric<PlattScaling, PlattOptions>((givenLabels, givenLogits, options) => {
  const { labels, scores: logits } = readSamples(givenLabels, givenLogits, "logits");
  const isSmoothed = options?.targetSmoothing ?? true;
  const { positives, center, halfWidth } = survey(labels, logits, isSmoothed);
  const negatives = labels.length - positives;
  const problem: Problem = {
    labels,
    inputs: logits.map((logit) => (logit - center) / halfWidth),
    targets: isSmoothed ? [1 / (negatives + 2), (positives + 1) / (positives + 2)] : [0, 1],
  };
  const { line, iterations } = minimize(problem, { slope: 0, intercept: Math.log((positives + 1) / (negatives + 1)) });
  const slope = line.slope / halfWidth;
  const intercept = line.intercept - slope * center;
  return {
    slope,
    intercept,
    logLossBefore: affineLogLoss(labels, logits, 1, 0),
    logLossAfter: affineLogLoss(labels, logits, slope, intercept),
    iterations,
    apply: affineSigmoid(slope, intercept),
  };
});

interface Line {
  slope: number;
  intercept: number;
}

interface Problem {
  labels: Uint8Array;
  inputs: Float64Array;
  /** The targets of a real and of a fake. */
  targets: [number, number];
}

/** Counts the fakes and spans the logits. @throws UndefinedMetricError where the fit has no finite, single answer */
function survey(labels: Uint8Array, logits: Float64Array, isSmoothed: boolean) {
  const least: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]; // of the reals, of the fakes
  const most: [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let positives = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] === 1 ? 1 : 0;
    positives += label;
    least[label] = Math.min(least[label], logits[i]!);
    most[label] = Math.max(most[label], logits[i]!);
  }
  requireBothClasses("fitPlatt", positives, labels.length - positives);
  const lowest = Math.min(...least);
  const highest = Math.max(...most);
  if (lowest === highest) throw new UndefinedMetricError("fitPlatt", "all scores are equal");
  if (!isSmoothed && (least[1] >= most[0] || least[0] >= most[1])) {
    throw new UndefinedMetricError("fitPlatt", "a threshold separates the classes");
  }
  return { positives, center: lowest / 2 + highest / 2, halfWidth: highest / 2 - lowest / 2 };
}

/** Once a Newton step promises to lower the loss by less than this share, one more full step is exact to rounding. */
const TOLERANCE = 1e-11;

/** Newton's method from `start`, each step halved until the loss falls enough. */
function minimize(problem: Problem, start: Line): { line: Line; iterations: number } {
  let line = start;
  let current = loss(problem, line);
  for (let iterations = 1; ; iterations++) {
    const step = newtonStep(problem, line);
    const along = (share: number): Line => ({
      slope: line.slope + share * step.slope,
      intercept: line.intercept + share * step.intercept,
    });
    if (step.decrease <= TOLERANCE * current) return { line: along(1), iterations };
    let share = 1;
    let next = loss(problem, along(share));
    while (!(next <= current - 1e-4 * share * step.decrease) && share > 1e-10) {
      share /= 2;
      next = loss(problem, along(share));
    }
    if (!(next < current)) return { line, iterations }; // at the floor of the loss's own rounding
    line = along(share);
    current = next;
  }
}

function loss({ labels, inputs, targets }: Problem, { slope, intercept }: Line): number {
  let total = 0;
  for (let i = 0; i < inputs.length; i++) {
    const logit = slope * inputs[i]! + intercept;
    total += softplus(logit) - targets[labels[i] === 1 ? 1 : 0] * logit;
  }
  return total;
}

/** The Newton step, and by how much the loss falls along it to first order. */
function newtonStep({ labels, inputs, targets }: Problem, { slope, intercept }: Line): Line & { decrease: number } {
  let gradientSlope = 0;
  let gradientIntercept = 0;
  let slopeSlope = 0;
  let slopeIntercept = 0;
  let interceptIntercept = 0;
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i]!;
    const probability = sigmoid(slope * x + intercept);
    const residual = probability - targets[labels[i] === 1 ? 1 : 0];
    const weight = probability * (1 - probability);
    gradientSlope += residual * x;
    gradientIntercept += residual;
    slopeSlope += weight * x * x;
    slopeIntercept += weight * x;
    interceptIntercept += weight;
  }
  const determinant = slopeSlope * interceptIntercept - slopeIntercept ** 2;
  const stepSlope = (slopeIntercept * gradientIntercept - interceptIntercept * gradientSlope) / determinant;
  const stepIntercept = (slopeIntercept * gradientSlope - slopeSlope * gradientIntercept) / determinant;
  return {
    slope: stepSlope,
    intercept: stepIntercept,
    decrease: -(gradientSlope * stepSlope + gradientIntercept * stepIntercept),
  };
}
