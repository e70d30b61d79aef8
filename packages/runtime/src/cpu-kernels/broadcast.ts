/**
 * Broadcasting of two shapes as three nested loops with one step per loop and operand (0 where the operand is
 * repeated). Neighbouring dimensions that broadcast alike are merged, so that equal shapes are one loop,
 * `[n, h, w, c] ∘ [c]` two, and nearly every pattern of practice at most three.
 */
import { backend_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { type FastKernel, floats } from "./kernel.js";

/** Loop lengths, outermost first, and the steps of both operands in each loop. */
export interface BroadcastLoops {
  outShape: number[];
  lengths: [number, number, number];
  aSteps: [number, number, number];
  bSteps: [number, number, number];
}

/** The loops of a broadcast, or `undefined` where it needs more than three. */
export function broadcastLoops(aShape: number[], bShape: number[]): BroadcastLoops | undefined {
  const outShape = backend_util.assertAndGetBroadcastShape(aShape, bShape);
  const merged: { length: number; a: boolean; b: boolean }[] = [];
  outShape.forEach((length, i) => {
    if (length === 1) return;
    const a = dimension(aShape, i, outShape) === length;
    const b = dimension(bShape, i, outShape) === length;
    const last = merged.at(-1);
    if (last !== undefined && last.a === a && last.b === b) last.length *= length;
    else merged.push({ length, a, b });
  });
  if (merged.length > 3) return undefined;
  while (merged.length < 3) merged.unshift({ length: 1, a: false, b: false });
  const [outer, middle, inner] = merged as [(typeof merged)[0], (typeof merged)[0], (typeof merged)[0]];
  const steps = (own: "a" | "b"): [number, number, number] => {
    const innerSize = inner[own] ? inner.length : 1;
    const middleSize = middle[own] ? middle.length * innerSize : innerSize;
    return [outer[own] ? middleSize : 0, middle[own] ? innerSize : 0, inner[own] ? 1 : 0];
  };
  return {
    outShape,
    lengths: [outer.length, middle.length, inner.length],
    aSteps: steps("a"),
    bSteps: steps("b"),
  };
}

/** The size of the dimension that stands under dimension `i` of the broadcast shape. */
function dimension(shape: number[], i: number, outShape: number[]): number {
  return shape[i - outShape.length + shape.length] ?? 1;
}

/**
 * A kernel of two float32 operands. `compute` holds the loops itself, with the operator in their body: a loop shared
 * by several operators would call a closure per value, which costs ten times the arithmetic.
 */
export function binaryKernel(
  kernelName: string,
  compute: (a: Float32Array, b: Float32Array, out: Float32Array, loops: BroadcastLoops) => void,
): FastKernel {
  return {
    kernelName,
    run(call): TensorInfo | undefined {
      const a = floats(call, "a");
      const b = floats(call, "b");
      if (a === undefined || b === undefined) return undefined;
      const loops = broadcastLoops(call.inputs.a!.shape, call.inputs.b!.shape);
      if (loops === undefined) return undefined;
      const out = new Float32Array(util.sizeFromShape(loops.outShape));
      compute(a, b, out, loops);
      return call.backend.makeTensorInfo(loops.outShape, "float32", out);
    },
  };
}
