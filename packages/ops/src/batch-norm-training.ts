/**
 * Batch normalization with the statistics of the batch (Ioffe and Szegedy, ICML 2015, arXiv 1502.03167), with an
 * activation, as one operation. TensorFlow.js composes it of a dozen operations, whose gradients make several passes each
 * over the whole tensor; here both directions are one kernel where the backend has it, and a few operations elsewhere.
 */
import * as tf from "@tensorflow/tfjs-core";
import { activate, activationGradient, activations } from "./activations.js";
import { describe, OpInputError, requireFloat, requireNumber } from "./errors.js";
import { constant, differentiableNoMore } from "./gradient-tape.js";
import { type Activation, BatchNormTraining, type BatchNormTrainingAttrs, BatchNormTrainingGrad } from "./kernels.js";
import { hasKernel, runKernel } from "./run-kernel.js";

/** Options of {@link batchNormTraining}. */
export interface BatchNormTrainingOptions {
  /** ε, added to the variance; 0 or more, 1e-3 by default. */
  readonly epsilon?: number;
  /** What is applied to the normalized values; `"linear"`, nothing, by default. */
  readonly activation?: Activation;
}

/** What {@link batchNormTraining} gives; the caller disposes it, or the surrounding `tf.tidy` does. */
export interface BatchNormTrainingResult<T extends tf.Tensor = tf.Tensor> {
  /** The normalized and activated values, of the shape of x. */
  readonly y: T;
  /** Mean of each channel, `[C]`; a constant to every gradient. */
  readonly mean: tf.Tensor1D;
  /** Biased variance of each channel, the mean of (x − mean)², `[C]`; a constant to every gradient. */
  readonly variance: tf.Tensor1D;
}

const NAME = "batchNormTraining";

/** γ and β, where they are there. */
export interface Affine {
  readonly gamma: tf.Tensor | undefined;
  readonly beta: tf.Tensor | undefined;
}

/**
 * y = activation(γ · (x − mean) / √(variance + ε) + β), where mean and variance are those of each channel, the last axis,
 * over all other axes of x. The gradient of y with respect to x, γ and β takes into account that the statistics depend on
 * x; relu's derivative at 0 is 0, that of relu6 0 at 0 and 1 at 6. It can be differentiated once.
 *
 * @param x float32 `[..., C]`, of rank 2 or more, with values
 * @param gamma γ, float32 `[C]`; undefined for 1
 * @param beta β, float32 `[C]`; undefined for 0
 * @throws OpInputError for other dtypes or shapes or an option out of range; SecondOrderGradientError when a gradient of
 *   the gradient is asked for
 */
export function batchNormTraining<T extends tf.Tensor>(
  x: T,
  gamma?: tf.Tensor,
  beta?: tf.Tensor,
  { epsilon = 1e-3, activation = "linear" }: BatchNormTrainingOptions = {},
): BatchNormTrainingResult<T> {
  requireFloat(NAME, "x", x);
  if (x.rank < 2 || x.size === 0) throw new OpInputError(NAME, "x", "values of rank 2 or more", describe(x));
  const channels = x.shape.at(-1)!;
  if (gamma !== undefined) requireFloat(NAME, "gamma", gamma, [channels]);
  if (beta !== undefined) requireFloat(NAME, "beta", beta, [channels]);
  requireNumber(NAME, "epsilon", epsilon, 0);
  if (!activations.includes(activation)) {
    throw new OpInputError(NAME, "activation", `one of ${activations.join(", ")}`, String(activation));
  }
  return tf.tidy(() => {
    const { y, mean, variance } = normalizeBatch(x, { gamma, beta }, { epsilon, activation });
    return { y: y as T, mean: constant(() => tf.clone(mean)), variance: constant(() => tf.clone(variance)) };
  });
}

/**
 * As {@link batchNormTraining}, for arguments that are known to be right. Where mean and variance are used in what is
 * differentiated, they must be made constants.
 */
export function normalizeBatch(x: tf.Tensor, affine: Affine, attrs: BatchNormTrainingAttrs) {
  const { gamma, beta } = affine;
  return tf.tidy(() => {
    if (hasKernel(BatchNormTraining)) {
      registerKernelGradient();
      // TensorFlow.js saves all inputs of a kernel, and takes none that is absent.
      const channels = [x.shape.at(-1)!];
      const inputs = { x, gamma: gamma ?? tf.ones(channels), beta: beta ?? tf.zeros(channels) };
      const [y, mean, variance] = runKernel(BatchNormTraining, inputs, attrs) as [tf.Tensor, tf.Tensor1D, tf.Tensor1D];
      return { y, mean, variance };
    }
    const { y, mean, variance } = forward(x, affine, attrs);
    return { y: withGradient(x, affine, mean, variance, attrs, y), mean, variance };
  });
}

/** The gradient of the kernel, so that TensorFlow.js records it as one of its own. */
function registerKernelGradient(): void {
  if (tf.getGradient(BatchNormTraining) !== undefined) return;
  tf.registerGradient({
    kernelName: BatchNormTraining,
    inputsToSave: ["x", "gamma", "beta"],
    outputsToSave: [false, true, true],
    gradFunc(dys, saved, attrs) {
      const [dy] = dys as tf.Tensor[];
      const [x, gamma, beta, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor1D, tf.Tensor1D];
      const given = { ...(attrs as unknown as BatchNormTrainingAttrs) };
      const gradients = runKernel(BatchNormTrainingGrad, { dy: dy!, x, mean, variance, gamma, beta }, given);
      const [dx, dGamma, dBeta] = gradients.map((gradient) =>
        differentiableNoMore(NAME, gradient, [dy!, x, gamma, beta]),
      ) as [tf.Tensor, tf.Tensor, tf.Tensor];
      return { x: () => dx, gamma: () => dGamma, beta: () => dBeta };
    },
  });
}

/** The values without gradients, composed; y is computed when it is asked for, so that the fallback is not recorded. */
function forward(x: tf.Tensor, { gamma, beta }: Affine, attrs: BatchNormTrainingAttrs) {
  const mean = constant(() => tf.mean<tf.Tensor1D>(rows(x), 0));
  const variance = constant(() => tf.mean<tf.Tensor1D>(tf.square(tf.sub(rows(x), mean)), 0));
  const y = () =>
    tf.reshape(activate(attrs.activation, normalize(rows(x), mean, variance, attrs, gamma, beta)), x.shape);
  return { y, mean, variance };
}

function withGradient(
  x: tf.Tensor,
  { gamma, beta }: Affine,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  attrs: BatchNormTrainingAttrs,
  y: () => tf.Tensor,
): tf.Tensor {
  const affine = [gamma, beta].filter((tensor) => tensor !== undefined);
  const normalized = tf.customGrad((...args) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    save([mean, variance, ...(args.slice(0, -1) as tf.Tensor[])]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [mean, variance, x, ...rest] = saved as [tf.Tensor1D, tf.Tensor1D, tf.Tensor, ...tf.Tensor[]];
      const kept = {
        gamma: gamma === undefined ? undefined : rest[0],
        beta: beta === undefined ? undefined : rest.at(-1),
      };
      const [dx, dGamma, dBeta] = backward(dy, x, kept, mean, variance, attrs);
      const wanted = [dx, ...(gamma === undefined ? [] : [dGamma]), ...(beta === undefined ? [] : [dBeta])];
      return wanted.map((gradient) => differentiableNoMore(NAME, gradient, [dy, x, ...rest]));
    };
    return { value: y(), gradFunc };
  });
  return normalized(x, ...affine);
}

function backward(
  dy: tf.Tensor,
  x: tf.Tensor,
  { gamma, beta }: Affine,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  attrs: BatchNormTrainingAttrs,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const flat = rows(x);
  const z = () => normalize(flat, mean, variance, attrs, gamma, beta);
  const dz = activationGradient(attrs.activation, rows(dy), z);
  const centred = tf.sub(flat, mean);
  const r = tf.rsqrt(tf.add(variance, attrs.epsilon));
  const dBeta = tf.sum(dz, 0);
  const dGamma = tf.mul(tf.sum(tf.mul(dz, centred), 0), r);
  // dx = γr · dz − γr/N · (dβ + (x − mean) · r · dγ), the factors of each channel taken together beforehand.
  const factor = gamma === undefined ? r : tf.mul(gamma, r);
  const share = tf.div(factor, flat.shape[0]);
  const correction = tf.add(tf.mul(centred, tf.mul(share, tf.mul(r, dGamma))), tf.mul(share, dBeta));
  return [tf.reshape(tf.sub(tf.mul(dz, factor), correction), x.shape), dGamma, dBeta];
}

function normalize(
  x: tf.Tensor2D,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  { epsilon }: BatchNormTrainingAttrs,
  gamma?: tf.Tensor,
  beta?: tf.Tensor,
): tf.Tensor {
  return tf.batchNorm(x, mean, variance, beta as tf.Tensor1D, gamma as tf.Tensor1D, epsilon);
}

/** `[..., C]` → `[N, C]`, without a copy. */
function rows(x: tf.Tensor): tf.Tensor2D {
  return tf.reshape(x, [-1, x.shape.at(-1)!]);
}
