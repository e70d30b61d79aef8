/** The gradients of sums and means, each one kernel that writes the result and reads no more than dy. */
import { engine, type Tensor, util } from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { ReductionGrad, reductionDims } from "../kernels/ReductionGrad.js";
import type { Override } from "./override.js";

export function reductionGradient(mean: boolean): Override {
  return (original) => (dy, saved, attrs) => {
    const { shape, dtype } = saved[0]!;
    const axes = util.parseAxisParam((attrs as { axis: number | number[] }).axis, shape);
    if (!allFloat32(dy as Tensor, { dtype }) || reductionDims(shape, axes) === undefined) {
      return original(dy, saved, attrs);
    }
    const divisor = mean ? util.sizeFromShape(axes.map((axis) => shape[axis]!)) : 1;
    return { x: () => engine().runKernel(ReductionGrad, { dy: dy as Tensor }, { shape, axes, divisor }) as Tensor };
  };
}
