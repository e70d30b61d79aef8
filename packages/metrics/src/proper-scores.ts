/** Proper scoring rules: how good probabilities of being fake are, calibration and ranking together. Lower is better. */
import { readProbabilities, requireInRange } from "./input.js";
import { sampleMetric } from "./metric.js";
import { requireSamples } from "./require.js";
import { sumOf } from "./sum.js";

/** Options of {@link logLoss}. */
export interface LogLossOptions {
  /**
   * Moves probabilities to at least this far from 0 and 1 first. Default 0: a certain and wrong probability costs
   * `Infinity`. Libraries that clip silently differ in the amount, and with it in the loss.
   */
  clip?: number;
}

/**
 * Mean negative log-likelihood of the labels, in nats: −ln p for a fake, −ln(1 − p) for a real. 0 to `Infinity`;
 * always answering 0.5 costs ln 2. Undefined without samples.
 */
export const logLoss = sampleMetric<number, LogLossOptions>((givenLabels, givenProbabilities, options) => {
  const clip = options?.clip ?? 0;
  requireInRange("options.clip", clip, "[0, 0.5)");
  const { labels, probabilities } = readProbabilities(givenLabels, givenProbabilities);
  requireSamples("logLoss", labels.length);
  const total = sumOf(labels.length, (i) => {
    const probability = Math.min(Math.max(probabilities[i]!, clip), 1 - clip);
    return labels[i] === 1 ? -Math.log(probability) : -Math.log1p(-probability);
  });
  return total / labels.length;
});

/** Mean squared difference between probability and label (Brier 1950), 0 to 1. Undefined without samples. */
export const brierScore = sampleMetric<number>((givenLabels, givenProbabilities) => {
  const { labels, probabilities } = readProbabilities(givenLabels, givenProbabilities);
  requireSamples("brierScore", labels.length);
  return sumOf(labels.length, (i) => (probabilities[i]! - labels[i]!) ** 2) / labels.length;
});
