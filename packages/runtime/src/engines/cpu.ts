/**
 * The engine `cpu`: TensorFlow.js' own JavaScript backend on one thread, always there. Unless the option `kernels` says
 * "stock", the kernels of `cpu-kernels/` stand in for the slow ones, which makes training of a small convolutional net
 * about fifty times faster.
 */
import { setBackend, tensor } from "@tensorflow/tfjs-core";
import { installCpuKernels, restoreStockKernels } from "../cpu-kernels/index.js";
import type { EngineDescriptor } from "../engine.js";
import { processorName } from "./processor.js";
import { quietly } from "./quiet.js";

export const cpu: EngineDescriptor = {
  name: "cpu",
  trains: true,
  async load() {
    return { available: true, device: processorName(), threads: 1, reason: "part of TensorFlow.js" };
  },
  async activate({ kernels = "fast" }) {
    await setBackend("cpu");
    // The backend gives its advice with the first tensor: this one.
    await quietly(async () => tensor([0]).dispose());
    if (kernels === "fast") installCpuKernels();
    else restoreStockKernels();
  },
};
