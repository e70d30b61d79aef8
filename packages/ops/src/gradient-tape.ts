/**
 * What an operation of several outputs needs besides `tf.customGrad`, which takes one: values that no gradient flows
 * through, and gradients that refuse to be differentiated where TensorFlow.js would go on with a wrong result.
 */
import * as tf from "@tensorflow/tfjs-core";
import { SecondOrderGradientError } from "./errors.js";

/** A value that is a constant to every gradient; what `compute` runs is not recorded. */
export function constant<T extends tf.Tensor>(compute: () => T): T {
  return tf.customGrad<T>(() => ({ value: compute(), gradFunc: () => [] }))();
}

/** Whether what is computed now is on a tape, so that it may be differentiated. */
function isRecording(): boolean {
  return (tf.engine() as unknown as { state: { gradientDepth: number } }).state.gradientDepth > 0;
}

/**
 * A gradient that an operation computed by itself, such that differentiating it throws.
 *
 * @param operation the name for the message
 * @param gradient the gradient; where a tape records it, a new tensor of the same data is returned
 * @param inputs what it was computed from
 */
export function differentiableNoMore(operation: string, gradient: tf.Tensor, inputs: readonly tf.Tensor[]): tf.Tensor {
  if (!isRecording()) return gradient;
  const wrap = tf.customGrad(() => ({
    value: tf.clone(gradient),
    gradFunc: () => {
      throw new SecondOrderGradientError(operation);
    },
  }));
  return wrap(...inputs);
}
