/** `SplitV` of float32 tensors along an axis that is not the outermost, the gradient of a concatenation of channels. */
import { backend_util, SplitV, util } from "@tensorflow/tfjs-core";
import { type FastKernel, floats } from "./kernel.js";

export const split: FastKernel = {
  kernelName: SplitV,
  run(call) {
    const x = floats(call, "x");
    if (x === undefined) return undefined;
    const { shape } = call.inputs.x!;
    const axis = util.parseAxisParam(call.attrs.axis as number, shape)[0]!;
    const outer = util.sizeFromShape(shape.slice(0, axis));
    // The stock kernel answers with views of the input, which no copy can beat.
    if (outer === 1) return undefined;
    const inner = util.sizeFromShape(shape.slice(axis + 1));
    const sizes = backend_util.prepareSplitSize(call.inputs.x!, call.attrs.numOrSizeSplits as number[] | number, axis);
    let start = 0;
    return sizes.map((size) => {
      const out = new Float32Array(outer * size * inner);
      copyColumns(x, start * inner, shape[axis]! * inner, out, size * inner);
      start += size;
      return call.backend.makeTensorInfo(shape.with(axis, size), "float32", out);
    });
  },
};

/** Fills `out`, rows of `width` values, from the rows of `x`, `stride` values long, beginning at column `first`. */
function copyColumns(x: Float32Array, first: number, stride: number, out: Float32Array, width: number): void {
  for (let o = 0, row = first; o < out.length; row += stride) {
    for (let i = row; i < row + width; i++, o++) out[o] = x[i]!;
  }
}
