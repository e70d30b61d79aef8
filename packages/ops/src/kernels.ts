/**
 * The kernels that this package's operations run where a backend registers them: names, inputs, attributes and outputs.
 * A backend registers any subset with `tf.registerKernel`; an operation whose kernel is missing is composed of
 * TensorFlow.js' own.
 *
 * Every tensor is float32 in row-major order. What the operations check before they call is said here as a precondition;
 * kernels need not check it again. An input that is optional is absent, never null. Values that are not finite are
 * carried on as arithmetic does: relu and relu6 of NaN are NaN.
 */
import type { TensorInfo } from "@tensorflow/tfjs-core";

/** What may follow a batch normalization in the same kernel. */
export type Activation = "linear" | "relu" | "relu6" | "swish";

/** Name of the kernel of `batchNormTraining`: {@link BatchNormTrainingInputs}, {@link BatchNormTrainingAttrs}. */
export const BatchNormTraining = "BatchNormTraining";
/** Name of the kernel of its gradient: {@link BatchNormTrainingGradInputs}, {@link BatchNormTrainingAttrs}. */
export const BatchNormTrainingGrad = "BatchNormTrainingGrad";
/** Name of the kernel of `swish`: {@link SwishInputs}. */
export const Swish = "Swish";
/** Name of the kernel of its gradient: {@link SwishGradInputs}. */
export const SwishGrad = "SwishGrad";
/** Name of the kernel of a convolution with bias and swish: {@link FusedConvolutionInputs}, {@link FusedConvolutionAttrs}. */
export const FusedConv2DSwish = "FusedConv2DSwish";
/** Name of the same for a depthwise convolution: {@link FusedConvolutionInputs}, {@link FusedConvolutionAttrs}. */
export const FusedDepthwiseConv2DSwish = "FusedDepthwiseConv2DSwish";
/** Name of the kernel of a 1×1 convolution of gated images, with a sum: {@link FusedPointwiseInputs}, {@link FusedPointwiseAttrs}. */
export const FusedPointwise = "FusedPointwise";
/** Name of the kernel of a depthwise convolution and its mean: {@link FusedConvolutionInputs}, {@link FusedDepthwiseConv2DMeanAttrs}. */
export const FusedDepthwiseConv2DMean = "FusedDepthwiseConv2DMean";
/** Name of the kernel of a 1×1 convolution and a depthwise one: {@link FusedExpandedDepthwiseInputs}, {@link FusedExpandedDepthwiseAttrs}. */
export const FusedExpandedDepthwise = "FusedExpandedDepthwise";
/** Name of the kernel of a separable convolution, with a sum: {@link FusedSeparableInputs}, {@link FusedSeparableAttrs}. */
export const FusedSeparable = "FusedSeparable";
/** Name of the kernel of the gradients of `dilatedConv2d`: {@link DilatedConv2DGradInputs}, {@link DilatedConv2DGradAttrs}. */
export const DilatedConv2DGrad = "DilatedConv2DGrad";
/** Name of the kernel of `axpyList`: {@link ListPairInputs}, {@link ListScaleAttrs}. */
export const ListAxpy = "ListAxpy";
/** Name of the kernel of `scaleList`: {@link ListInputs}, {@link ListScaleAttrs}. */
export const ListScale = "ListScale";
/** Name of the kernel of `normList`: {@link ListInputs}, {@link ListAttrs}. */
export const ListNorm = "ListNorm";
/** Name of the kernel of `dotList`: {@link ListPairInputs}, {@link ListAttrs}. */
export const ListDot = "ListDot";
/** Name of the kernel of `squaresList`: {@link ListInputs}, {@link ListAttrs}. */
export const ListSquares = "ListSquares";
/** Name of the kernel of `combineLists`: {@link ListCombineInputs}, {@link ListCombineAttrs}. */
export const ListCombine = "ListCombine";
/** Name of the kernel of `sgdUpdate`: {@link SgdUpdateInputs}, {@link SgdUpdateAttrs}. */
export const SgdUpdate = "SgdUpdate";
/** Name of the kernel of `averageUpdate`: {@link AverageUpdateInputs}, {@link AverageUpdateAttrs}. */
export const AverageUpdate = "AverageUpdate";
/** Name of the kernel of `adamUpdate`: {@link AdamUpdateInputs}, {@link AdamUpdateAttrs}. */
export const AdamUpdate = "AdamUpdate";

/**
 * Inputs of {@link BatchNormTraining}; outputs `[y, mean, variance]`, y of the shape of x, the others `[C]`. Mean and
 * variance are those of each channel over all other axes, the variance the biased one (the sum of squares over N);
 *
 *     z = gamma · (x − mean) / √(variance + epsilon) + beta;   y = activation(z)
 *
 * The variance must be as accurate as two passes make it: E[x²] − mean² in float32 will not do.
 */
export type BatchNormTrainingInputs = {
  /** `[..., C]`, of rank 2 or more, no axis of length 0. */
  x: TensorInfo;
  /** `[C]`; 1 where it is absent. */
  gamma?: TensorInfo;
  /** `[C]`; 0 where it is absent. */
  beta?: TensorInfo;
};

/** Attributes of {@link BatchNormTraining} and {@link BatchNormTrainingGrad}. */
export type BatchNormTrainingAttrs = {
  /** Added to the variance; 0 or more. */
  epsilon: number;
  /** relu: max(z, 0). relu6: min(max(z, 0), 6). swish: z / (1 + e^−z). */
  activation: Activation;
};

/**
 * Inputs of {@link BatchNormTrainingGrad}; outputs `[dx, dgamma, dbeta]`, dx of the shape of x, the others `[C]`, all
 * three in every case. z is computed again from x as the forward kernel does, so that both agree on its sign. With
 * x̂ = (x − mean) / √(variance + epsilon), N values per channel and sums over all axes but the last,
 *
 *     dz = dy · activation′(z);   dbeta = Σ dz;   dgamma = Σ dz · x̂
 *     dx = gamma / √(variance + epsilon) · (dz − dbeta / N − x̂ · dgamma / N)
 *
 * activation′ is 1 for 0 < z (relu), for 0 < z ≤ 6 (relu6) and 0 elsewhere; s · (1 + z · (1 − s)), s = 1 / (1 + e^−z)
 * (swish).
 */
export type BatchNormTrainingGradInputs = BatchNormTrainingInputs & {
  /** Gradient of y, of its shape. */
  dy: TensorInfo;
  /** The forward kernel's output. */
  mean: TensorInfo;
  /** The forward kernel's output. */
  variance: TensorInfo;
};

/**
 * Inputs of {@link DilatedConv2DGrad}; outputs `[dx, dfilter]`, the gradients of a convolution of stride 1 and padding "same"
 * with respect to its images and its filter, of their shapes.
 */
export type DilatedConv2DGradInputs = {
  /** `[N, H, W, C]`. */
  x: TensorInfo;
  /** `[height, width, C, D]`. */
  filter: TensorInfo;
  /** `[N, H, W, D]`. */
  dy: TensorInfo;
};

/** Attributes of {@link DilatedConv2DGrad}. */
export type DilatedConv2DGradAttrs = {
  /** Distance of the pixels that the filter sees, along both axes; an integer of 1 or more. */
  rate: number;
};

/** Inputs of {@link Swish}; output y = x / (1 + e^−x), of the shape of x. */
export type SwishInputs = {
  /** Any shape. */
  x: TensorInfo;
};

/** Inputs of {@link SwishGrad}; output dx = dy · s · (1 + x · (1 − s)) with s = 1 / (1 + e^−x). */
export type SwishGradInputs = {
  /** The forward kernel's input. */
  x: TensorInfo;
  /** Gradient of y, of its shape. */
  dy: TensorInfo;
};

/**
 * Inputs of {@link FusedConv2DSwish} and {@link FusedDepthwiseConv2DSwish}, which are TensorFlow.js' `FusedConv2D` and
 * `FusedDepthwiseConv2D` with an activation that those have no name for. Output `[N, H′, W′, D]`: with z the convolution
 * of x with the filter plus bias,
 *
 *     y = z / (1 + e^−z)
 *
 * They are for inference: no gradient is defined. No dimension is 0, neither of an input nor of the output.
 */
export type FusedConvolutionInputs = {
  /** `[N, H, W, C]`. */
  x: TensorInfo;
  /** `[h, w, C, D]`; of a depthwise convolution `[h, w, C, M]`, which has D = C · M output channels. */
  filter: TensorInfo;
  /** `[D]`; 0 where it is absent. */
  bias?: TensorInfo;
};

/** Attributes of {@link FusedConv2DSwish} and {@link FusedDepthwiseConv2DSwish}, as TensorFlow.js defines them. */
export type FusedConvolutionAttrs = {
  /** Down and across. */
  strides: [number, number];
  /** As TensorFlow pads: so that the output is the input over the strides, rounded up, or not at all. */
  pad: "same" | "valid";
  /** Batch, height, width, channels. */
  dataFormat: "NHWC";
  /** Down and across; 1 where the strides are not. */
  dilations: [number, number];
};

/** What may follow the sum of a convolution in the same kernel. */
export type ConvolutionActivation = "linear" | "relu" | "relu6" | "elu" | "sigmoid" | "swish";

/**
 * Inputs of {@link FusedPointwise}; output `[N, H, W, D]`:
 *
 *     y = activation((x · gate) ∗ filter + bias) + addend
 *
 * It is for inference: no gradient is defined. No dimension is 0.
 */
export type FusedPointwiseInputs = {
  /** `[N, H, W, C]`. */
  x: TensorInfo;
  /** `[1, 1, C, D]`. */
  filter: TensorInfo;
  /** `[D]`; 0 where it is absent. */
  bias?: TensorInfo;
  /** `[N, 1, 1, C]`; 1 where it is absent. */
  gate?: TensorInfo;
  /** `[N, H, W, D]`; 0 where it is absent. */
  addend?: TensorInfo;
};

/** Attributes of {@link FusedPointwise}. */
export type FusedPointwiseAttrs = {
  /** Of the convolution, before the addend. */
  activation: ConvolutionActivation;
};

/**
 * Attributes of {@link FusedDepthwiseConv2DMean}, which has two outputs: y `[N, H′, W′, D]`, the activation of the
 * convolution plus bias, and its mean over each image, `[N, D]`.
 */
export type FusedDepthwiseConv2DMeanAttrs = FusedConvolutionAttrs & {
  /** Of what the kernel gives. */
  activation: ConvolutionActivation;
};

/**
 * Inputs of {@link FusedExpandedDepthwise}, a depthwise convolution of what a 1×1 convolution makes of x; outputs
 * `[y, mean]`, y `[N, H′, W′, E]` and its mean over each image, `[N, E]`:
 *
 *     z = expansionActivation(x ∗ expansion + expansionBias);   y = activation(z ∗ filter + bias)
 *
 * It is for inference: no gradient is defined. No dimension is 0, neither of an input nor of the output.
 */
export type FusedExpandedDepthwiseInputs = {
  /** `[N, H, W, C]`. */
  x: TensorInfo;
  /** `[1, 1, C, E]`. */
  expansion: TensorInfo;
  /** `[E]`; 0 where it is absent. */
  expansionBias?: TensorInfo;
  /** `[h, w, E, 1]`. */
  filter: TensorInfo;
  /** `[E]`; 0 where it is absent. */
  bias?: TensorInfo;
};

/** Attributes of {@link FusedExpandedDepthwise}: those of the depthwise convolution, and the activation before it. */
export type FusedExpandedDepthwiseAttrs = FusedDepthwiseConv2DMeanAttrs & {
  /** Of the 1×1 convolution. */
  expansionActivation: ConvolutionActivation;
};

/**
 * Inputs of {@link FusedSeparable}, a 1×1 convolution of what a depthwise one makes of x; output `[N, H′, W′, D]`:
 *
 *     z = depthwiseActivation(x ∗ depthwise + depthwiseBias);   y = activation(z ∗ filter + bias) + addend
 *
 * It is for inference: no gradient is defined. No dimension is 0, neither of an input nor of the output.
 */
export type FusedSeparableInputs = {
  /** `[N, H, W, C]`. */
  x: TensorInfo;
  /** `[h, w, C, 1]`. */
  depthwise: TensorInfo;
  /** `[C]`; 0 where it is absent. */
  depthwiseBias?: TensorInfo;
  /** `[1, 1, C, D]`. */
  filter: TensorInfo;
  /** `[D]`; 0 where it is absent. */
  bias?: TensorInfo;
  /** `[N, H′, W′, D]`; 0 where it is absent. */
  addend?: TensorInfo;
};

/** Attributes of {@link FusedSeparable}: those of the depthwise convolution, and both activations. */
export type FusedSeparableAttrs = FusedDepthwiseConv2DMeanAttrs & {
  /** Of the depthwise convolution. */
  depthwiseActivation: ConvolutionActivation;
};

/**
 * Inputs of {@link ListNorm}, with output √Σ xᵢ² over all values, of {@link ListSquares}, with output `[count]`, the sum of
 * the squares of each xᵢ, and of {@link ListScale}, with `count` outputs.
 */
export type ListInputs = {
  /** `x0` … `x<count − 1>`, of any shapes, also without values. */
  [x: `x${number}`]: TensorInfo;
  /** A factor on the device, of shape []; absent where the attribute `alpha` is given. */
  alpha?: TensorInfo;
};

/** Inputs of {@link ListDot}, with output Σ xᵢ yᵢ over all values, and of {@link ListAxpy}, with `count` outputs. */
export type ListPairInputs = ListInputs & {
  /** `y0` … `y<count − 1>`, each of the shape of its x. */
  [y: `y${number}`]: TensorInfo;
};

/** Attributes of {@link ListNorm}, {@link ListSquares} and {@link ListDot}. Sums are to be accumulated in double precision. */
export type ListAttrs = {
  /** Length of the lists, 1 or more. */
  count: number;
};

/** Attributes of {@link ListScale}, which gives alpha · xᵢ, and {@link ListAxpy}, which gives alpha · xᵢ + yᵢ. */
export type ListScaleAttrs = ListAttrs & {
  /** The factor, rounded to float32 before it is used; absent where the input `alpha` is given. */
  alpha?: number;
};

/**
 * Inputs of {@link ListCombine}, with `count` outputs Σ_j factor_j · x_(j · count + i), the terms added up in the order of j
 * in float32. The outputs may be written over the list `over`, in place as {@link SgdUpdateInputs} says.
 */
export type ListCombineInputs = {
  /** `x0` … : one list after another, `count` tensors each, those of one index of the same shape. */
  [x: `x${number}`]: TensorInfo;
  /** The factors on the device, of shape `[lists]`; absent where the attribute `factors` is given. */
  factors?: TensorInfo;
};

/** Attributes of {@link ListCombine}. */
export type ListCombineAttrs = ListAttrs & {
  /** How many lists there are, 1 or more. */
  lists: number;
  /** A factor for each, rounded to float32 before it is used; absent where the input `factors` is given. */
  factors?: number[];
  /** The list whose tensors the caller disposes next, from 0; absent where there is none. */
  over?: number;
};

/**
 * Inputs of {@link SgdUpdate}; outputs the new values, `v0, m0, v1, m1, …` with momentum and `v0, v1, …` without:
 *
 *     d = g + weightDecay · v;   m′ = momentum · m + d
 *     v′ = v − learningRate · (d without momentum, d + momentum · m′ with Nesterov, otherwise m′)
 *
 * In place: where the kernel finds that an old value's data has no other owner (a reference count of 1), it may write the
 * new value there and return the same data with its count raised by one, as an Identity kernel does. Otherwise it must
 * leave the old values as they are. The caller assigns each output and then disposes it.
 */
export type SgdUpdateInputs = {
  /** `v0` … `v<count − 1>`: variables. */
  [v: `v${number}`]: TensorInfo;
  /** `g0` …: gradients, each of its variable's shape. */
  [g: `g${number}`]: TensorInfo;
  /** `m0` …: momenta, likewise; absent where the attribute `momentum` is 0. */
  [m: `m${number}`]: TensorInfo;
};

/** Attributes of {@link SgdUpdate}. */
export type SgdUpdateAttrs = ListAttrs & {
  /** 0 or more. */
  learningRate: number;
  /** In [0, 1). */
  momentum: number;
  /** Never true with a momentum of 0. */
  nesterov: boolean;
  /** 0 or more. Where it is 0, v is no part of d, so that a v which is not finite leaves d as it is. */
  weightDecay: number;
};

/**
 * Inputs of {@link AdamUpdate}; outputs the new values `v0, m0, s0, v1, m1, s1, …`, in place as {@link SgdUpdateInputs}
 * says:
 *
 *     d = g + weightDecay · v;   m′ = beta1 · m + (1 − beta1) · d;   s′ = beta2 · s + (1 − beta2) · d²
 *     v′ = v − learningRate / (1 − beta1^step) · m′ / (√s′ / √(1 − beta2^step) + epsilon)
 *
 * Factors that only depend on attributes are computed in double precision and then rounded.
 */
export type AdamUpdateInputs = SgdUpdateInputs & {
  /** `s0` … `s<count − 1>`: second moments, each of its variable's shape; the first moments are `m0` …. */
  [s: `s${number}`]: TensorInfo;
};

/** Attributes of {@link AdamUpdate}. */
export type AdamUpdateAttrs = ListAttrs & {
  /** 0 or more. */
  learningRate: number;
  /** In [0, 1). */
  beta1: number;
  /** In [0, 1). */
  beta2: number;
  /** 0 or more. */
  epsilon: number;
  /** Coupled L2: it is added to the gradient. 0 or more; as for {@link SgdUpdateAttrs}. */
  weightDecay: number;
  /** Counts updates, 1 for the first. */
  step: number;
};

/**
 * Inputs of {@link AverageUpdate}; outputs the new averages `v0, v1, …`, in place as {@link SgdUpdateInputs} says:
 *
 *     v′ = v − (v − x) · rate
 */
export type AverageUpdateInputs = {
  /** `v0` … `v<count − 1>`: variables. */
  [v: `v${number}`]: TensorInfo;
  /** `x0` …: new values, each of its variable's shape. */
  [x: `x${number}`]: TensorInfo;
};

/** Attributes of {@link AverageUpdate}. */
export type AverageUpdateAttrs = ListAttrs & {
  /** The new values' share, in [0, 1]; rounded to float32 before it is used. */
  rate: number;
};
