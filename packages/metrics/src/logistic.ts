/** The logistic function, its inverse and its logarithm, each in the form that neither overflows nor loses digits. */
import { requireInRange } from "./input.js";

/** Probability of a logit: 1 / (1 + e⁻ˣ), 0 to 1. */
export function sigmoid(logit: number): number {
  if (logit >= 0) return 1 / (1 + Math.exp(-logit));
  const odds = Math.exp(logit);
  return odds / (1 + odds);
}

/**
 * Logit of a probability: ln(p / (1 − p)); `-Infinity` at 0 and `Infinity` at 1.
 *
 * @throws InvalidInputError outside 0 to 1
 */
export function logit(probability: number): number {
  requireInRange("probability", probability, "[0, 1]");
  return Math.log(probability) - Math.log1p(-probability);
}

/** ln(1 + eˣ), which is the log loss of a real sample with logit x, and of a fake one with logit −x. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
