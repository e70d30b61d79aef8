/** Swish, or SiLU (Ramachandran, Zoph and Le 2017, arXiv 1710.05941), as one operation with one gradient. */
import * as tf from "@tensorflow/tfjs-core";
import { activate, activationGradient } from "./activations.js";
import { requireFloat } from "./errors.js";
import { differentiableNoMore } from "./gradient-tape.js";
import { Swish, SwishGrad } from "./kernels.js";
import { hasKernel, runKernel } from "./run-kernel.js";

const NAME = "swish";

/**
 * x / (1 + e^−x), value by value. It can be differentiated once.
 *
 * @param x float32, of any shape
 * @throws OpInputError for another dtype; SecondOrderGradientError when a gradient of the gradient is asked for
 */
export function swish<T extends tf.Tensor>(x: T): T {
  requireFloat(NAME, "x", x);
  const operation = tf.customGrad((...args) => {
    const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
    save([x]);
    return {
      value: hasKernel(Swish) ? runKernel(Swish, { x })[0]! : activate("swish", x),
      gradFunc: (dy, saved) => differentiableNoMore(NAME, backward(dy, saved[0]!), [dy, saved[0]!]),
    };
  });
  return operation(x) as T;
}

function backward(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  return hasKernel(SwishGrad) ? runKernel(SwishGrad, { x, dy })[0]! : activationGradient("swish", dy, () => x);
}
