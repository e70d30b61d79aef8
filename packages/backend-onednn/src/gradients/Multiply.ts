/**
 * The gradient of products: that of a factor of the result's shape is one product, that of a factor that was broadcast is
 * summed while it is computed.
 */
import { engine, type GradFunc, Multiply, type Tensor } from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { sameShape } from "../kernels/broadcast.js";
import { MultiplyReduce, reducedBlock } from "../kernels/MultiplyReduce.js";

export function multiplyGradient(original: GradFunc): GradFunc {
  return (dy, saved, attrs) => {
    const [a, b] = saved as [Tensor, Tensor];
    const parts = original(dy, saved, attrs);
    return { a: gradientOf(a, b, dy as Tensor) ?? parts.a!, b: gradientOf(b, a, dy as Tensor) ?? parts.b! };
  };
}

/** The gradient of `factor`, which was multiplied by `other`; `undefined` if there is no kernel for such shapes. */
function gradientOf(factor: Tensor, other: Tensor, dy: Tensor): (() => Tensor) | undefined {
  if (!allFloat32(dy, other, factor)) return undefined;
  const { shape } = factor;
  if (sameShape(shape, dy.shape)) return () => engine().runKernel(Multiply, { a: dy, b: other }) as Tensor;
  if (!sameShape(dy.shape, other.shape) || reducedBlock(dy.shape, shape) === undefined) return undefined;
  return () => engine().runKernel(MultiplyReduce, { a: dy, b: other }, { shape }) as Tensor;
}
