/**
 * `Tile` of float32 tensors where only leading dimensions of size 1 are repeated, as the batch-norm gradient does with
 * its `[1, 1, 1, c]` vectors: the whole tensor is copied end to end, in doubling runs.
 */
import { Tile, util } from "@tensorflow/tfjs-core";
import { type FastKernel, floats } from "./kernel.js";

export const tile: FastKernel = {
  kernelName: Tile,
  run(call) {
    const x = floats(call, "x");
    const reps = call.attrs.reps as number[];
    const { shape } = call.inputs.x!;
    const repeated = reps.findLastIndex((count) => count !== 1);
    if (x === undefined || shape.slice(0, repeated + 1).some((size) => size !== 1)) return undefined;
    const outShape = shape.map((size, i) => size * reps[i]!);
    const out = new Float32Array(util.sizeFromShape(outShape));
    out.set(x.subarray(0, out.length));
    for (let filled = x.length; filled < out.length; filled *= 2) out.copyWithin(filled, 0, filled);
    return call.backend.makeTensorInfo(outShape, "float32", out);
  },
};
