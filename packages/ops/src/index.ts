export { type AdamMoments, type AdamUpdateOptions, adamUpdate } from "./adam-update.js";
export { averageUpdate } from "./average-update.js";
export {
  type BatchNormTrainingOptions,
  type BatchNormTrainingResult,
  batchNormTraining,
} from "./batch-norm-training.js";
export { OpInputError, SecondOrderGradientError } from "./errors.js";
export {
  type Activation,
  AdamUpdate,
  type AdamUpdateAttrs,
  type AdamUpdateInputs,
  AverageUpdate,
  type AverageUpdateAttrs,
  type AverageUpdateInputs,
  BatchNormTraining,
  type BatchNormTrainingAttrs,
  BatchNormTrainingGrad,
  type BatchNormTrainingGradInputs,
  type BatchNormTrainingInputs,
  type ConvolutionActivation,
  FusedConv2DSwish,
  type FusedConvolutionAttrs,
  type FusedConvolutionInputs,
  FusedDepthwiseConv2DMean,
  type FusedDepthwiseConv2DMeanAttrs,
  FusedDepthwiseConv2DSwish,
  FusedPointwise,
  type FusedPointwiseAttrs,
  type FusedPointwiseInputs,
  type ListAttrs,
  ListAxpy,
  ListCombine,
  type ListCombineAttrs,
  type ListCombineInputs,
  ListDot,
  type ListInputs,
  ListNorm,
  type ListPairInputs,
  ListScale,
  type ListScaleAttrs,
  ListSquares,
  SgdUpdate,
  type SgdUpdateAttrs,
  type SgdUpdateInputs,
  Swish,
  SwishGrad,
  type SwishGradInputs,
  type SwishInputs,
} from "./kernels.js";
export { axpyList, combineLists, dotList, type Factor, normList, scaleList, squaresList } from "./lists.js";
export { type SgdUpdateOptions, sgdUpdate } from "./sgd-update.js";
export { swish } from "./swish.js";
