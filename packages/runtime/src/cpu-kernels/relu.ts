/** `Relu` of float32 tensors and `Step`, of which its gradient is made. NaN stays NaN in both. */
import { Relu, Step } from "@tensorflow/tfjs-core";
import { type FastKernel, floats } from "./kernel.js";

export const relu: FastKernel = {
  kernelName: Relu,
  run(call) {
    const x = floats(call, "x");
    if (x === undefined) return undefined;
    const out = new Float32Array(x.length);
    for (let i = 0; i < x.length; i++) out[i] = Math.max(0, x[i]!);
    return call.backend.makeTensorInfo(call.inputs.x!.shape, "float32", out);
  },
};

export const step: FastKernel = {
  kernelName: Step,
  run(call) {
    const x = floats(call, "x");
    if (x === undefined) return undefined;
    const alpha = call.attrs.alpha as number;
    const out = new Float32Array(x.length);
    for (let i = 0; i < x.length; i++) out[i] = x[i]! > 0 ? 1 : x[i]! <= 0 ? alpha : Number.NaN;
    return call.backend.makeTensorInfo(call.inputs.x!.shape, "float32", out);
  },
};
