/** Gradients that are the gradient of the result: TensorFlow.js runs an operation for each, which only takes time. */
import type { GradFunc, Tensor } from "@tensorflow/tfjs-core";
import { sameShape } from "../kernels/broadcast.js";

/** Of a second reference to a tensor. */
export function identityGradient(original: GradFunc): GradFunc {
  return (dy, saved, attrs) => {
    const gradient = dy as Tensor;
    return gradient.dtype === "float32" ? { x: () => gradient } : original(dy, saved, attrs);
  };
}

/** Of a sum, for an argument of the sum's shape. */
export function addGradient(original: GradFunc): GradFunc {
  return (dy, saved, attrs) => {
    const gradient = dy as Tensor;
    const [a, b] = saved as [Tensor, Tensor];
    const parts = original(dy, saved, attrs);
    const of = (argument: Tensor, part: () => Tensor) =>
      sameShape(argument.shape, gradient.shape) && gradient.dtype === "float32" ? () => gradient : part;
    return { a: of(a, parts.a!), b: of(b, parts.b!) };
  };
}
