/** One step of Adam over a list of variables, as one operation. */
import * as tf from "@tensorflow/tfjs-core";
import { OpInputError, requireNumber } from "./errors.js";
import { AdamUpdate } from "./kernels.js";
import { hasKernel, numbered, runKernel } from "./run-kernel.js";
import { requireSlots, requireUpdate, takeOver } from "./update-inputs.js";

/** Options of {@link adamUpdate}. */
export interface AdamUpdateOptions {
  /** lr, 0 or more. */
  readonly learningRate: number;
  /** t: which update this is, 1 for the first. */
  readonly step: number;
  /** β1 in [0, 1); 0.9 by default. */
  readonly beta1?: number;
  /** β2 in [0, 1); 0.999 by default. */
  readonly beta2?: number;
  /** ε, 0 or more; 1e-8 by default. */
  readonly epsilon?: number;
  /** λ, coupled L2 weight decay, 0 or more; 0 by default. */
  readonly weightDecay?: number;
}

/** Running averages of Adam, one tensor of each for every variable, in their order. */
export interface AdamMoments {
  /** m, of the gradients. */
  readonly first: readonly tf.Tensor[];
  /** v, of the squared gradients. */
  readonly second: readonly tf.Tensor[];
}

const NAME = "adamUpdate";

/**
 * Updates variables by the formula of `torch.optim.Adam`:
 *
 *     d = g + λ θ;   m ← β1 m + (1 − β1) d;   v ← β2 v + (1 − β2) d²
 *     θ ← θ − lr / (1 − β1^t) · m / (√v / √(1 − β2^t) + ε)
 *
 * Clones of a variable that were taken earlier keep the old value.
 *
 * @param variables θ: distinct, float32
 * @param gradients g, of the variables' shapes; they stay the caller's
 * @param moments m and v, likewise; zeros for a first step. They are disposed
 * @returns the new moments; the caller disposes them, or the surrounding `tf.tidy` does
 * @throws OpInputError, before anything is changed, for other shapes or dtypes or an option out of range
 */
export function adamUpdate(
  variables: readonly tf.Variable[],
  gradients: readonly tf.Tensor[],
  moments: AdamMoments,
  { learningRate, step, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 }: AdamUpdateOptions,
): AdamMoments {
  requireUpdate(NAME, variables, gradients);
  requireSlots(NAME, "moments.first", moments.first, variables);
  requireSlots(NAME, "moments.second", moments.second, variables, moments.first);
  requireNumber(NAME, "learningRate", learningRate, 0);
  requireNumber(NAME, "beta1", beta1, 0, 1);
  requireNumber(NAME, "beta2", beta2, 0, 1);
  requireNumber(NAME, "epsilon", epsilon, 0);
  requireNumber(NAME, "weightDecay", weightDecay, 0);
  if (!Number.isSafeInteger(step) || step < 1) {
    throw new OpInputError(NAME, "step", "an integer of 1 or more", String(step));
  }
  const { first, second } = moments;
  if (variables.length > 0 && hasKernel(AdamUpdate)) {
    const slots = { ...numbered("m", first), ...numbered("s", second) };
    const inputs = { ...numbered("v", variables), ...numbered("g", gradients), ...slots };
    const attrs = { count: variables.length, learningRate, beta1, beta2, epsilon, weightDecay, step };
    const [m, v] = takeOver(variables, runKernel(AdamUpdate, inputs, attrs), [...first, ...second]);
    return { first: m!, second: v! };
  }
  const rate = learningRate / (1 - beta1 ** step);
  const correction = Math.sqrt(1 - beta2 ** step);
  const updated = variables.map((variable, index) =>
    tf.tidy(() => {
      const gradient = gradients[index]!;
      const direction = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(variable, weightDecay));
      const m = tf.add(tf.mul(first[index]!, beta1), tf.mul(direction, 1 - beta1));
      const v = tf.add(tf.mul(second[index]!, beta2), tf.mul(tf.square(direction), 1 - beta2));
      const denominator = tf.add(tf.div(tf.sqrt(v), correction), epsilon);
      variable.assign(tf.sub(variable, tf.mul(tf.div(m, denominator), rate)));
      tf.dispose([first[index]!, second[index]!]);
      return [m, v] as const;
    }),
  );
  return { first: updated.map(([m]) => m), second: updated.map(([, v]) => v) };
}
