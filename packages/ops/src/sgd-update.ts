/** One step of stochastic gradient descent with momentum over a list of variables, as one operation. */
import * as tf from "@tensorflow/tfjs-core";
import { OpInputError, requireNumber } from "./errors.js";
import { SgdUpdate } from "./kernels.js";
import { hasKernel, numbered, runKernel } from "./run-kernel.js";
import { requireSlots, requireUpdate, takeOver } from "./update-inputs.js";

/** Options of {@link sgdUpdate}. */
export interface SgdUpdateOptions {
  /** lr, 0 or more. */
  readonly learningRate: number;
  /** μ in [0, 1); 0 by default. */
  readonly momentum?: number;
  /** Whether the step looks ahead along the momentum (needs one); false by default. */
  readonly nesterov?: boolean;
  /** λ, coupled L2 weight decay, 0 or more; 0 by default. */
  readonly weightDecay?: number;
}

const NAME = "sgdUpdate";

/**
 * Updates variables by the formula of `torch.optim.SGD` (dampening 0):
 *
 *     d = g + λ θ;   b ← μ b + d;   θ ← θ − lr · (d without momentum, d + μ b  with Nesterov, otherwise b)
 *
 * Clones of a variable that were taken earlier keep the old value.
 *
 * @param variables θ: distinct, float32
 * @param gradients g, of the variables' shapes; they stay the caller's
 * @param momenta b, likewise; zeros for a first step, undefined where momentum is 0. They are disposed
 * @returns the new momenta, none without momentum; the caller disposes them, or the surrounding `tf.tidy` does
 * @throws OpInputError, before anything is changed, for other shapes or dtypes or an option out of range
 */
export function sgdUpdate(
  variables: readonly tf.Variable[],
  gradients: readonly tf.Tensor[],
  momenta: readonly tf.Tensor[] | undefined,
  { learningRate, momentum = 0, nesterov = false, weightDecay = 0 }: SgdUpdateOptions,
): tf.Tensor[] {
  requireUpdate(NAME, variables, gradients);
  requireNumber(NAME, "learningRate", learningRate, 0);
  requireNumber(NAME, "momentum", momentum, 0, 1);
  requireNumber(NAME, "weightDecay", weightDecay, 0);
  if (nesterov && momentum === 0) throw new OpInputError(NAME, "nesterov", "false without momentum", "true");
  if ((momenta === undefined) !== (momentum === 0)) {
    const expected = momentum === 0 ? "undefined without momentum" : `${variables.length} tensors`;
    throw new OpInputError(
      NAME,
      "momenta",
      expected,
      momenta === undefined ? "undefined" : `${momenta.length} tensors`,
    );
  }
  if (momenta !== undefined) requireSlots(NAME, "momenta", momenta, variables);
  if (variables.length > 0 && hasKernel(SgdUpdate)) {
    const inputs = { ...numbered("v", variables), ...numbered("g", gradients), ...numbered("m", momenta ?? []) };
    const attrs = { count: variables.length, learningRate, momentum, nesterov, weightDecay };
    return takeOver(variables, runKernel(SgdUpdate, inputs, attrs), momenta ?? [])[0] ?? [];
  }
  const updated = variables.map((variable, index) =>
    tf.tidy(() => {
      const gradient = gradients[index]!;
      let direction = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(variable, weightDecay));
      let buffer: tf.Tensor | undefined;
      if (momenta !== undefined) {
        buffer = tf.add(tf.mul(momenta[index]!, momentum), direction);
        direction = nesterov ? tf.add(direction, tf.mul(buffer, momentum)) : buffer;
        momenta[index]!.dispose();
      }
      variable.assign(tf.sub(variable, tf.mul(direction, learningRate)));
      return buffer === undefined ? [] : [buffer];
    }),
  );
  return updated.flat();
}
