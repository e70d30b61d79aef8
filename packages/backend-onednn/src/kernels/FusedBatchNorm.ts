/** Batch normalisation with given statistics, one of each per channel, and (as a kernel of our own) its gradient. */
import {
  FusedBatchNorm,
  type FusedBatchNormAttrs,
  type FusedBatchNormInputs,
  type TensorInfo,
  util,
} from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { kernel } from "../register.js";

/** The kernel of all gradients: inputs {dy, x, mean, variance, scale?}, outputs [dx, dmean, dvariance, dscale, doffset]. */
export const FusedBatchNormGrad = "FusedBatchNormGrad";

export interface FusedBatchNormGradInputs {
  dy: TensorInfo;
  x: TensorInfo;
  mean: TensorInfo;
  variance: TensorInfo;
  scale?: TensorInfo;
}

export const fusedBatchNorm = kernel<FusedBatchNormInputs, FusedBatchNormAttrs>(
  FusedBatchNorm,
  ({ inputs: { x, mean, variance, scale, offset }, attrs, backend }) => {
    const statistics = [mean, variance, scale, offset].filter((tensor) => tensor != null);
    if (!allFloat32(x, ...statistics) || !perChannel(x, statistics)) return undefined;
    const y = backend.make(x.shape);
    backend.addon.batchNorm(
      backend.floats(x),
      backend.floats(mean),
      backend.floats(variance),
      scale == null ? undefined : backend.floats(scale),
      offset == null ? undefined : backend.floats(offset),
      y.values,
      attrs.varianceEpsilon ?? 0.001,
    );
    return y.info;
  },
  { other: "statistics that are not one value for each channel" },
);

export const fusedBatchNormGrad = kernel<FusedBatchNormGradInputs, FusedBatchNormAttrs>(
  FusedBatchNormGrad,
  ({ inputs: { dy, x, mean, variance, scale }, attrs, backend }) => {
    const dx = backend.make(x.shape);
    const gradients = Array.from({ length: 4 }, () => backend.make(mean.shape));
    const [dmean, dvariance, dscale, doffset] = gradients.map(({ values }) => values);
    backend.addon.batchNormBackward(
      backend.floats(dy),
      backend.floats(x),
      backend.floats(mean),
      backend.floats(variance),
      scale && backend.floats(scale),
      dx.values,
      dmean!,
      dvariance!,
      dscale!,
      doffset!,
      attrs.varianceEpsilon,
    );
    return [dx.info, ...gradients.map(({ info }) => info)];
  },
);

/** Whether every statistic is a vector with one number per channel of x, which has values. */
export function perChannel(x: { shape: number[] }, statistics: { shape: number[] }[]): boolean {
  const channels = x.shape.at(-1);
  return (
    util.sizeFromShape(x.shape) > 0 && statistics.every(({ shape }) => shape.length === 1 && shape[0] === channels)
  );
}
