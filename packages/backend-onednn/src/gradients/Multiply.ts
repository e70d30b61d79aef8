/** The gradient of products: that of a factor that was broadcast is summed while it is computed. */
import { engine, type GradFunc, type Tensor } from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { sameShape } from "../kernels/broadcast.js";
import { MultiplyReduce, reducedBlock } from "../kernels/MultiplyReduce.js";

export function multiplyGradient(original: GradFunc): GradFunc {
  return (dy, saved, attrs) => {
    const [a, b] = saved as [Tensor, Tensor];
    const parts = original(dy, saved, attrs);
    return { a: summed(dy as Tensor, b, a) ?? parts.a!, b: summed(dy as Tensor, a, b) ?? parts.b! };
  };
}

/** The gradient of `factor`, which was multiplied by `other`; `undefined` if there is no kernel for such shapes. */
function summed(dy: Tensor, other: Tensor, factor: Tensor): (() => Tensor) | undefined {
  if (!allFloat32(dy, other, factor) || !sameShape(dy.shape, other.shape)) return undefined;
  const { shape } = factor;
  if (reducedBlock(dy.shape, shape) === undefined) return undefined;
  return () => engine().runKernel(MultiplyReduce, { a: dy, b: other }, { shape }) as Tensor;
}
