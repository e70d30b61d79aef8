/** The gradient of batch normalisation with given statistics, all parts from one kernel. */
import { engine, type FusedBatchNormAttrs, type GradFunc, type Tensor } from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { FusedBatchNormGrad, perChannel } from "../kernels/FusedBatchNorm.js";

export function fusedBatchNormGradient(original: GradFunc): GradFunc {
  return (dy, saved, attrs) => {
    const [x, mean, variance, scale] = saved as [Tensor, Tensor, Tensor, Tensor | undefined];
    const statistics = [mean, variance, ...(scale == null ? [] : [scale])];
    if (!allFloat32(x, dy as Tensor, ...statistics) || !perChannel(x, statistics)) return original(dy, saved, attrs);
    let all: Tensor[] | undefined;
    const part = (index: number) => () => {
      const { varianceEpsilon } = attrs as unknown as FusedBatchNormAttrs;
      all ??= engine().runKernel(
        FusedBatchNormGrad,
        { x, mean, variance, dy: dy as Tensor, ...(scale != null && { scale }) },
        { varianceEpsilon: varianceEpsilon ?? 0.001 },
      ) as unknown as Tensor[];
      return all[index]!;
    };
    return { x: part(0), mean: part(1), variance: part(2), scale: part(3), offset: part(4) };
  };
}
