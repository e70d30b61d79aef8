/** Losses, and the gradient of a scalar made of them, in one forward-backward pass. */
import * as tf from "@tensorflow/tfjs-core";

/** What a forward gives. */
export interface Forward {
  /** The losses; float32 scalars, at least one. */
  readonly losses: readonly tf.Scalar[];
  /** What the pass goes back from. */
  readonly objective: tf.Scalar;
}

/** What one pass gives; the tensors are the caller's. */
export interface LossGradients {
  /** Every loss, in order; shape [losses]. */
  readonly losses: tf.Tensor;
  /** Gradient of the objective by variable name, zeros where it does not depend on a variable. */
  readonly gradients: tf.NamedTensorMap;
  /** Names of the variables that the objective depends on. */
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
 */
export function lossGradients(variables: readonly tf.Variable[], forward: () => Forward): LossGradients {
  return tf.tidy(() => {
    let kept: tf.Tensor | undefined; // the forward's own scope would free the losses
    let grads: (tf.Tensor | null | undefined)[];
    try {
      const objective = () => {
        const { losses, objective } = forward();
        kept = tf.keep(tf.stack([...losses]));
        return tf.clone(objective); // a tensor of the tape, also where a closure gave one that it keeps
      };
      ({ grads } = tf.engine().gradients(objective, [...variables], undefined, true));
    } catch (error) {
      disposeAbandonedTape();
      kept?.dispose();
      throw error;
    }
    const losses = tf.clone(kept!);
    kept!.dispose();
    const connected: string[] = [];
    const gradients: tf.NamedTensorMap = {};
    for (const [index, variable] of variables.entries()) {
      const gradient = grads[index];
      if (gradient) connected.push(variable.name);
      gradients[variable.name] = gradient ?? tf.zerosLike(variable);
    }
    return { losses, gradients, connected };
  });
}
