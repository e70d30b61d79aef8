/** The gradient of sums and means: every value gets that of the sum that it is in, over how many there are. */
import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import { kernel } from "../register.js";
import { stridesOver } from "./broadcast.js";

/** A kernel of our own: input dy, float32; output dx of the given shape, float32. */
export const ReductionGrad = "ReductionGrad";

export interface ReductionGradAttrs {
  /** Of the operation's input, and so of the output. */
  shape: number[];
  /** Over which the operation summed, each from 0 on. */
  axes: number[];
  /** By which dy is divided: 1 for a sum. */
  divisor: number;
}

/** How dy is read; `undefined` where the kernel does not compute it: without values, or with too many axes. */
export function reductionDims(shape: number[], axes: readonly number[]): Int32Array | undefined {
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return stridesOver(shape, kept, []);
}

/** The addon's number of the operation. */
const DIVISION = 3;

export const reductionGrad = kernel<{ dy: TensorInfo }, ReductionGradAttrs>(
  ReductionGrad,
  ({ inputs: { dy }, attrs: { shape, axes, divisor }, backend }) => {
    const dims = reductionDims(shape, axes);
    if (dims === undefined) return undefined;
    const sums = shape.filter((_, axis) => !axes.includes(axis));
    util.assert(util.sizeFromShape(dy.shape) === util.sizeFromShape(sums), () => {
      return `${ReductionGrad}: the gradient of sums of shape [${sums}] has the shape [${dy.shape}]`;
    });
    const dx = backend.make(shape);
    backend.addon.binary(DIVISION, backend.floats(dy), Float32Array.of(divisor), dx.values, dims);
    return dx.info;
  },
);
