/** The gradient of softmax as one kernel. */
import { engine, type GradFunc, type SoftmaxAttrs, type Tensor } from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { sameShape } from "../kernels/broadcast.js";
import { SoftmaxGrad } from "../kernels/Softmax.js";

export function softmaxGradient(original: GradFunc): GradFunc {
  return (dy, saved, attrs) => {
    const inputs = { dy: dy as Tensor, y: saved[0]! };
    const { dim } = attrs as unknown as SoftmaxAttrs;
    const { shape, size, rank } = inputs.y;
    const ours = allFloat32(inputs.dy, inputs.y) && sameShape(inputs.dy.shape, shape) && size > 0 && dim === rank - 1;
    return ours ? { logits: () => engine().runKernel(SoftmaxGrad, inputs) as Tensor } : original(dy, saved, attrs);
  };
}
