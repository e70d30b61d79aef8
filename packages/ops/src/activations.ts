/** The activations that a batch normalization may carry, composed of TensorFlow.js' own operations. */
import * as tf from "@tensorflow/tfjs-core";
import type { Activation } from "./kernels.js";

/** The activations by name. */
export const activations: readonly Activation[] = ["linear", "relu", "relu6", "swish"];

/** activation(z). */
export function activate(activation: Activation, z: tf.Tensor): tf.Tensor {
  switch (activation) {
    case "linear":
      return z;
    case "relu":
      return tf.relu(z);
    case "relu6":
      return tf.relu6(z);
    case "swish":
      return tf.mul(tf.sigmoid(z), z);
  }
}

/** dy · activation′(z); dy itself for "linear", where z is not asked for. */
export function activationGradient(activation: Activation, dy: tf.Tensor, z: () => tf.Tensor): tf.Tensor {
  if (activation === "linear") return dy;
  const at = z();
  switch (activation) {
    case "relu":
      return tf.mul(dy, tf.step(at));
    case "relu6":
      return tf.mul(dy, tf.mul(tf.cast(tf.lessEqual(at, 6), "float32"), tf.step(at)));
    case "swish": {
      const s = tf.sigmoid(at);
      return tf.mul(dy, tf.mul(s, tf.add(tf.mul(at, tf.sub(1, s)), 1)));
    }
  }
}
