/** One step of exponential moving averages over a list of variables, as one operation. */
import * as tf from "@tensorflow/tfjs-core";
import { OpInputError } from "./errors.js";
import { AverageUpdate } from "./kernels.js";
import { hasKernel, numbered, runKernel } from "./run-kernel.js";
import { requireUpdate, takeOver } from "./update-inputs.js";

const NAME = "averageUpdate";

/**
 * Moves averages towards new values, rounding as TensorFlow.js' batch normalization does for its statistics:
 *
 *     v ← v − (v − x) · (1 − decay)
 *
 * Clones of a variable that were taken earlier keep the old value. No gradient flows through it.
 *
 * @param variables v: distinct, float32
 * @param values x, of the variables' shapes; they stay the caller's
 * @param decay the share of the old average, in [0, 1]: `momentum` of a batch normalization
 * @throws OpInputError, before anything is changed, for other shapes or dtypes or a decay out of range
 */
export function averageUpdate(variables: readonly tf.Variable[], values: readonly tf.Tensor[], decay: number): void {
  requireUpdate(NAME, variables, values, "values");
  if (!(decay >= 0 && decay <= 1)) throw new OpInputError(NAME, "decay", "a number from 0 to 1", String(decay));
  const rate = 1 - decay;
  if (variables.length > 0 && hasKernel(AverageUpdate)) {
    const inputs = { ...numbered("v", variables), ...numbered("x", values) };
    takeOver(variables, runKernel(AverageUpdate, inputs, { count: variables.length, rate }), []);
    return;
  }
  for (const [index, variable] of variables.entries()) {
    tf.tidy(() => variable.assign(tf.sub(variable, tf.mul(tf.sub(variable, values[index]!), rate))));
  }
}
