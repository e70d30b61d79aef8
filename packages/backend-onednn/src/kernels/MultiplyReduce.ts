/**
 * The sum of a product over axes that lie side by side: the gradient of a factor that was broadcast, such as the gate of
 * a squeeze-and-excitation block or a scale per channel.
 */
import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import { kernel } from "../register.js";

/** A kernel of our own: inputs a and b of one shape, float32; output Σ a · b of the shape given as an attribute. */
export const MultiplyReduce = "MultiplyReduce";

export interface MultiplyReduceAttrs {
  /** A shape that broadcasts to that of the inputs; the sum is over the axes along which it is broadcast. */
  shape: number[];
}

/** What is before, along and behind the axes of the sum; `undefined` if they are not side by side, or there are none. */
export function reducedBlock(from: readonly number[], to: readonly number[]): [number, number, number] | undefined {
  if (util.sizeFromShape([...from]) === 0) return undefined;
  const kept = (axis: number) => from[axis] === 1 || to[axis - from.length + to.length] === from[axis];
  const axes = from.flatMap((_, axis) => (kept(axis) ? [] : [axis]));
  const [first, last] = [axes[0], axes.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const between = from.slice(first, last + 1);
  if (between.some((size, offset) => size > 1 && kept(first + offset))) return undefined;
  const size = (begin: number, end: number) => util.sizeFromShape(from.slice(begin, end));
  return [size(0, first), size(first, last + 1), size(last + 1, from.length)];
}

export const multiplyReduce = kernel<{ a: TensorInfo; b: TensorInfo }, MultiplyReduceAttrs>(
  MultiplyReduce,
  ({ inputs: { a, b }, attrs: { shape }, backend }) => {
    const block = reducedBlock(a.shape, shape);
    if (block === undefined) return undefined;
    const out = backend.make(shape);
    backend.addon.reduceProduct(backend.floats(a), backend.floats(b), out.values, ...block);
    return out.info;
  },
);
