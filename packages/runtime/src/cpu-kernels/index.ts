/**
 * The kernels of the JavaScript `cpu` backend that a convolutional net's training step spends its time in, rewritten
 * over typed arrays, and the switch between them and the stock ones.
 */
import {
  FusedBatchNorm,
  type GradConfig,
  getGradient,
  getKernel,
  type KernelConfig,
  Mean,
  registerGradient,
  registerKernel,
  unregisterKernel,
} from "@tensorflow/tfjs-core";
import { add } from "./add.js";
import { batchNormGradient } from "./batch-norm-gradient.js";
import { conv2d, fusedConv2d } from "./conv2d.js";
import { conv2dBackpropFilter } from "./conv2d-backprop-filter.js";
import { conv2dBackpropInput } from "./conv2d-backprop-input.js";
import { type FastKernel, withFallback } from "./kernel.js";
import { maxPool, maxPoolGrad } from "./max-pool.js";
import { meanGradient } from "./mean-gradient.js";
import { multiply } from "./multiply.js";
import { realDiv } from "./real-div.js";
import { mean, sum } from "./reduce.js";
import { relu, step } from "./relu.js";
import { batchToSpace, spaceToBatch } from "./space-to-batch.js";
import { split } from "./split.js";
import { sub } from "./sub.js";
import { tile } from "./tile.js";

const kernels: readonly FastKernel[] = [
  add,
  batchToSpace,
  conv2d,
  conv2dBackpropFilter,
  conv2dBackpropInput,
  fusedConv2d,
  maxPool,
  maxPoolGrad,
  mean,
  multiply,
  realDiv,
  relu,
  spaceToBatch,
  split,
  step,
  sub,
  sum,
  tile,
];

/** Gradients that take fewer passes than the stock ones, by the kernel they belong to. */
const gradients: Readonly<Record<string, (stock: GradConfig) => GradConfig>> = {
  [FusedBatchNorm]: batchNormGradient,
  [Mean]: meanGradient,
};

/** What is registered now in place of what, by kernel name; empty while everything is stock. */
const fastKernels = new Map<string, { fast: KernelConfig; stock: KernelConfig }>();
const fastGradients = new Map<string, { fast: GradConfig; stock: GradConfig }>();

/** Whether {@link installCpuKernels} was called, and {@link restoreStockKernels} not since. */
export function cpuKernelsInstalled(): boolean {
  return fastKernels.size > 0;
}

/**
 * Registers our kernels and gradients over the stock ones of the `cpu` backend. Calling it again changes nothing, unless
 * another copy of TensorFlow.js was loaded since and registered its own: those are then replaced too.
 */
export function installCpuKernels(): void {
  for (const kernel of kernels) {
    const stock = getKernel(kernel.kernelName, "cpu");
    if (fastKernels.get(kernel.kernelName)?.fast === stock) continue;
    const fast = { ...stock, kernelFunc: withFallback(kernel, stock.kernelFunc) };
    fastKernels.set(kernel.kernelName, { fast, stock });
    replace(fast);
  }
  for (const [kernelName, gradient] of Object.entries(gradients)) {
    const stock = getGradient(kernelName);
    if (fastGradients.get(kernelName)?.fast === stock) continue;
    const fast = gradient(stock);
    fastGradients.set(kernelName, { fast, stock });
    registerGradient(fast);
  }
}

/** Registers the stock kernels and gradients again. */
export function restoreStockKernels(): void {
  for (const { stock } of fastKernels.values()) replace(stock);
  for (const { stock } of fastGradients.values()) registerGradient(stock);
  fastKernels.clear();
  fastGradients.clear();
}

function replace(config: KernelConfig): void {
  unregisterKernel(config.kernelName, config.backendName);
  registerKernel(config);
}
