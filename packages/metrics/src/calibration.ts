/** What temperature and Platt scaling have in common: a fitted map from logits to probabilities, and its log loss. */
import { readScores, type Scores } from "./input.js";
import { sigmoid, softplus } from "./logistic.js";
import { sumOf } from "./sum.js";

/** A fitted map from logits to probabilities of being fake. */
export interface Calibration {
  /** Log loss, in nats, of the logits as they came, on the samples of the fit. */
  readonly logLossBefore: number;
  /** Log loss, in nats, of the calibrated probabilities on the samples of the fit. */
  readonly logLossAfter: number;
  /** Newton steps that the fit took. */
  readonly iterations: number;
  /** Calibrated probabilities, 0 to 1, of any logits. Throws InvalidInputError on a logit that is not finite. */
  apply(logits: Scores): Float64Array;
}

/** Mean log loss of sigmoid(slope · logit + intercept). */
export function affineLogLoss(labels: Uint8Array, logits: Float64Array, slope: number, intercept: number): number {
  const total = sumOf(labels.length, (i) => {
    const logit = slope * logits[i]! + intercept;
    return softplus(labels[i] === 1 ? -logit : logit);
  });
  return total / labels.length;
}

/** The map logits → sigmoid(slope · logit + intercept). */
export function affineSigmoid(slope: number, intercept: number): (logits: Scores) => Float64Array {
  return (logits) => readScores(logits, "logits").map((logit) => sigmoid(slope * logit + intercept));
}
