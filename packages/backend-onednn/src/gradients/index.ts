/** The gradients that have kernels of their own here. */
import { DepthwiseConv2dNative, FusedBatchNorm } from "@tensorflow/tfjs-core";
import { depthwiseConv2dNativeGradient } from "./DepthwiseConv2dNative.js";
import { fusedBatchNormGradient } from "./FusedBatchNorm.js";
import { installGradients, type Override } from "./override.js";
import { installTape } from "./tape.js";

const overrides: Readonly<Record<string, Override>> = {
  [DepthwiseConv2dNative]: depthwiseConv2dNativeGradient,
  [FusedBatchNorm]: fusedBatchNormGradient,
};

/** Makes gradients on this backend fast and lean. A second call changes nothing. */
export function registerGradients(): void {
  installTape(() => installGradients(overrides));
}
