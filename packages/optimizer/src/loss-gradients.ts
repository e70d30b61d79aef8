/** Value and gradient of a weighted sum of losses, in one forward-backward pass. */
import * as tf from "@tensorflow/tfjs-core";

/** What one pass gives; the tensors are the caller's. */
export interface LossGradients {
  /** Every loss, in order; shape [losses]. */
  readonly losses: tf.Tensor;
  /** Gradient of Σ weight · loss by variable name, zeros where no loss depends on a variable. */
  readonly gradients: tf.NamedTensorMap;
  /** Names of the variables that a loss depends on. */
  readonly connected: readonly string[];
}

/** Frees what a forward that threw had saved for its backward pass; TensorFlow.js keeps it. */
function disposeAbandonedTape(): void {
  const { state } = tf.engine();
  if (state.gradientDepth > 0) return; // an outer gradient is still being taken
  for (const node of state.activeTape ?? []) tf.dispose(node.saved ?? []);
  state.activeTape = [];
}

/**
 * Runs `forward` once and goes back through it once.
 *
 * @param variables float32 variables with distinct names
 * @param forward gives float32 scalars, as many as there are weights
 * @param weights the cotangent of each loss
 */
export function lossGradients(
  variables: readonly tf.Variable[],
  forward: () => readonly tf.Scalar[],
  weights: readonly number[],
): LossGradients {
  return tf.tidy(() => {
    const stacked = () => tf.stack([...forward()]);
    let pass: { value: tf.Tensor; grads: (tf.Tensor | null | undefined)[] };
    try {
      pass = tf.engine().gradients(stacked, [...variables], tf.tensor1d([...weights]), true);
    } catch (error) {
      disposeAbandonedTape();
      throw error;
    }
    const connected: string[] = [];
    const gradients: tf.NamedTensorMap = {};
    for (const [index, variable] of variables.entries()) {
      const gradient = pass.grads[index];
      if (gradient) connected.push(variable.name);
      gradients[variable.name] = gradient ?? tf.zerosLike(variable);
    }
    return { losses: pass.value, gradients, connected };
  });
}
