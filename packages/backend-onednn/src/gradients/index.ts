/** The gradients that have kernels of their own here. */
import {
  Add,
  DepthwiseConv2dNative,
  FusedBatchNorm,
  Identity,
  Mean,
  Multiply,
  Softmax,
  Sum,
} from "@tensorflow/tfjs-core";
import { depthwiseConv2dNativeGradient } from "./DepthwiseConv2dNative.js";
import { fusedBatchNormGradient } from "./FusedBatchNorm.js";
import { multiplyGradient } from "./Multiply.js";
import { installGradients, type Override } from "./override.js";
import { addGradient, identityGradient } from "./passing.js";
import { reductionGradient } from "./reduction.js";
import { softmaxGradient } from "./Softmax.js";
import { installTape } from "./tape.js";
import { unaryGradientOverrides } from "./unary.js";

const overrides: Readonly<Record<string, Override>> = {
  [Add]: addGradient,
  [DepthwiseConv2dNative]: depthwiseConv2dNativeGradient,
  [FusedBatchNorm]: fusedBatchNormGradient,
  [Identity]: identityGradient,
  [Mean]: reductionGradient(true),
  [Multiply]: multiplyGradient,
  [Softmax]: softmaxGradient,
  [Sum]: reductionGradient(false),
  ...unaryGradientOverrides,
};

/** Makes gradients on this backend fast and lean. A second call changes nothing. */
export function registerGradients(): void {
  installTape(() => installGradients(overrides));
}
