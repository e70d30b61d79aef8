/** `RealDiv` of float32 tensors: a / b, with broadcasting as `broadcast.ts` describes. */
import { RealDiv } from "@tensorflow/tfjs-core";
import { binaryKernel } from "./broadcast.js";

export const realDiv = binaryKernel(RealDiv, (a, b, out, { lengths, aSteps, bSteps }) => {
  let o = 0;
  for (let outer = 0; outer < lengths[0]; outer++) {
    for (let middle = 0; middle < lengths[1]; middle++) {
      let i = outer * aSteps[0] + middle * aSteps[1];
      let j = outer * bSteps[0] + middle * bSteps[1];
      for (const end = o + lengths[2]; o < end; o++, i += aSteps[2], j += bSteps[2]) out[o] = a[i]! / b[j]!;
    }
  }
});
