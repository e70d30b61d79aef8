/**
 * `Sum` and `Mean` of float32 tensors over the axes that lie next to one another: kept dimensions outside, one run of
 * reduced ones, kept dimensions inside (`[n, h, w, c]` over n, h, w or over h, w). The stock kernels transpose such a
 * tensor first. Sums are in double precision; a mean divides once, after the sum.
 */
import { backend_util, Mean, Sum, util } from "@tensorflow/tfjs-core";
import { type FastKernel, floats } from "./kernel.js";

/** Sizes of the kept dimensions before, of the reduced ones, and of the kept ones after them. */
type Extent = { outer: number; reduced: number; inner: number };

function extent(shape: number[], axes: number[]): Extent | undefined {
  const first = Math.min(...axes);
  const last = Math.max(...axes);
  if (axes.length === 0 || last - first + 1 !== axes.length) return undefined;
  return {
    outer: util.sizeFromShape(shape.slice(0, first)),
    reduced: util.sizeFromShape(shape.slice(first, last + 1)),
    inner: util.sizeFromShape(shape.slice(last + 1)),
  };
}

function reduction(kernelName: string, divisor: (reduced: number) => number): FastKernel {
  return {
    kernelName,
    run(call) {
      const x = floats(call, "x");
      if (x === undefined) return undefined;
      const { shape } = call.inputs.x!;
      const axes = util.parseAxisParam(call.attrs.axis as number | number[], shape);
      const sizes = extent(shape, axes);
      if (sizes === undefined) return undefined;
      const sums = new Float64Array(sizes.outer * sizes.inner);
      addUp(x, sums, sizes);
      const scale = divisor(sizes.reduced);
      for (let i = 0; i < sums.length; i++) sums[i]! /= scale;
      const [kept] = backend_util.computeOutAndReduceShapes(shape, axes);
      const outShape = call.attrs.keepDims ? backend_util.expandShapeToKeepDim(kept, axes) : kept;
      return call.backend.makeTensorInfo(outShape, "float32", Float32Array.from(sums));
    },
  };
}

function addUp(x: Float32Array, sums: Float64Array, { outer, reduced, inner }: Extent): void {
  let i = 0;
  for (let o = 0; o < outer; o++) {
    if (inner === 1) {
      let sum = 0;
      for (const end = i + reduced; i < end; i++) sum += x[i]!;
      sums[o] = sum;
      continue;
    }
    for (let r = 0; r < reduced; r++) {
      for (let s = o * inner; s < (o + 1) * inner; s++, i++) sums[s]! += x[i]!;
    }
  }
}

export const sum = reduction(Sum, () => 1);
export const mean = reduction(Mean, (reduced) => reduced);
