/** How two arguments of different shapes are read for one output, as the addon takes it. */
import { backend_util } from "@tensorflow/tfjs-core";

/** The addon walks at most this many axes. */
const AXES = 8;

export interface Broadcast {
  /** Of the output. */
  readonly shape: number[];
  /** Size and strides of a and b for each axis that is left when those that can be walked as one are joined. */
  readonly dims: Int32Array;
}

/**
 * Joins what can be joined: `undefined` if there is nothing to compute, or more axes are left than the addon walks.
 *
 * @throws Error where the shapes do not go together
 */
export function broadcast(a: number[], b: number[]): Broadcast | undefined {
  const shape = sameShape(a, b) ? a : backend_util.assertAndGetBroadcastShape(a, b);
  const dims = stridesOver(shape, a, b);
  return dims && { shape, dims };
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** The dims of {@link Broadcast} for inputs that are broadcast to a given shape. */
export function stridesOver(shape: number[], a: number[], b: number[]): Int32Array | undefined {
  /** From the last axis on: size, stride of a, stride of b. */
  const axes: [number, number, number][] = [];
  let [strideA, strideB] = [1, 1];
  for (let back = 1; back <= shape.length; back++) {
    const size = shape.at(-back)!;
    const [sizeA, sizeB] = [a.at(-back) ?? 1, b.at(-back) ?? 1];
    if (size === 0) return undefined;
    if (size > 1) {
      const [stepA, stepB] = [sizeA > 1 ? strideA : 0, sizeB > 1 ? strideB : 0];
      const inner = axes.at(-1);
      if (inner && stepA === inner[1] * inner[0] && stepB === inner[2] * inner[0]) inner[0] *= size;
      else axes.push([size, stepA, stepB]);
    }
    strideA *= sizeA;
    strideB *= sizeB;
  }
  if (axes.length > AXES) return undefined;
  return Int32Array.from(axes.length === 0 ? [1, 1, 1] : axes.reverse().flat());
}
