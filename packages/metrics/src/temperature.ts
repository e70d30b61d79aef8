/**
 * Temperature scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks"): one number T > 0 that divides every
 * logit, so that ranking and the decision at 0.5 stay as they are. The log loss is convex in 1 / T; Newton's method finds
 * its minimum, and a step that would leave the bracket around it is replaced by halving the bracket.
 */
import { affineLogLoss, affineSigmoid, type Calibration } from "./calibration.js";
import { UndefinedMetricError } from "./errors.js";
import { readSamples } from "./input.js";
import { sigmoid } from "./logistic.js";
import { sampleMetric } from "./metric.js";
import { requireBothClasses } from "./require.js";

/** A fitted temperature. */
export interface TemperatureScaling extends Calibration {
  /** Divides the logits; above 1 where they were too sure. */
  readonly temperature: number;
}

/** Stop once a step changes 1 / T by less than this share of it: the loss is then settled to its last digit. */
const TOLERANCE = 1e-12;

/**
 * Fits a temperature by maximum likelihood. Fit on held-out samples, never on those that are reported.
 *
 * The scores are logits: a fake is expected above 0. Undefined without at least one fake and one real, where every
 * logit lies on its label's side of 0 (the colder the better, without end), and where the logits do no better than
 * chance (the hotter the better, without end).
 */
export const fitTemperature = sampleMetric<TemperatureScaling>((givenLabels, givenLogits) => {
  const { labels, scores: logits } = readSamples(givenLabels, givenLogits, "logits");
  requireFiniteOptimum(labels, logits);
  const { inverse, iterations } = minimize(labels, logits);
  return {
    temperature: 1 / inverse,
    logLossBefore: affineLogLoss(labels, logits, 1, 0),
    logLossAfter: affineLogLoss(labels, logits, inverse, 0),
    iterations,
    apply: affineSigmoid(inverse, 0),
  };
});

function requireFiniteOptimum(labels: Uint8Array, logits: Float64Array): void {
  let positives = 0;
  let agreement = 0; // Σ of logits with their label's sign: −2 × the slope of the loss at 1 / T = 0
  let wrongSide = 0; // how many logits contradict their label: without one the loss falls as 1 / T grows
  for (let i = 0; i < labels.length; i++) {
    const signed = labels[i] === 1 ? logits[i]! : -logits[i]!;
    positives += labels[i]!;
    agreement += signed;
    if (signed < 0) wrongSide++;
  }
  requireBothClasses("fitTemperature", positives, labels.length - positives);
  if (agreement <= 0) throw new UndefinedMetricError("fitTemperature", "the logits do no better than chance");
  if (wrongSide === 0) throw new UndefinedMetricError("fitTemperature", "every logit lies on its label's side of 0");
}

function minimize(labels: Uint8Array, logits: Float64Array): { inverse: number; iterations: number } {
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let inverse = 1 / largest(logits);
  for (let iterations = 1; ; iterations++) {
    const { slope, curvature } = derivatives(labels, logits, inverse);
    if (slope < 0) low = inverse;
    else high = inverse;
    let next = inverse - slope / curvature;
    if (!(next > low && next < high)) next = high === Number.POSITIVE_INFINITY ? 2 * inverse : (low + high) / 2;
    if (slope === 0 || Math.abs(next - inverse) <= TOLERANCE * inverse) return { inverse: next, iterations };
    inverse = next;
  }
}

/** First and second derivative of the summed log loss with respect to 1 / T. */
function derivatives(labels: Uint8Array, logits: Float64Array, inverse: number): { slope: number; curvature: number } {
  let slope = 0;
  let curvature = 0;
  for (let i = 0; i < labels.length; i++) {
    const logit = logits[i]!;
    const probability = sigmoid(inverse * logit);
    slope += (probability - labels[i]!) * logit;
    curvature += probability * (1 - probability) * logit * logit;
  }
  return { slope, curvature };
}

function largest(logits: Float64Array): number {
  let size = 0;
  for (const logit of logits) size = Math.max(size, Math.abs(logit));
  return size;
}
