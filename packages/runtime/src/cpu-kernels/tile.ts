/**
 * `Tile` of float32 tensors where only dimensions of size 1 are repeated, as in `tf.broadcastTo`: a broadcast without an
 * operator.
 */
import { Tile, util } from "@tensorflow/tfjs-core";
import { broadcastLoops } from "./broadcast.js";
import { type FastKernel, floats } from "./kernel.js";

export const tile: FastKernel = {
  kernelName: Tile,
  run(call) {
    const x = floats(call, "x");
    const reps = call.attrs.reps as number[];
    const { shape } = call.inputs.x!;
    if (x === undefined || reps.some((count, i) => count === 0 || (count > 1 && shape[i] !== 1))) return undefined;
    const outShape = shape.map((size, i) => size * reps[i]!);
    const loops = broadcastLoops(shape, outShape);
    if (loops === undefined) return undefined;
    const { lengths, aSteps } = loops;
    const out = new Float32Array(util.sizeFromShape(outShape));
    let o = 0;
    for (let outer = 0; outer < lengths[0]; outer++) {
      for (let middle = 0; middle < lengths[1]; middle++) {
        let i = outer * aSteps[0] + middle * aSteps[1];
        for (const end = o + lengths[2]; o < end; o++, i += aSteps[2]) out[o] = x[i]!;
      }
    }
    return call.backend.makeTensorInfo(outShape, "float32", out);
  },
};
