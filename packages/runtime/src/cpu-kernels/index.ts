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
import { multiply } from "./multiply.js";
import { realDiv } from "./real-div.js";
import { mean, sum } from "./reduce.js";
import { relu, step } from "./relu.js";
import { sub } from "./sub.js";
import { tile } from "./tile.js";

const kernels: readonly FastKernel[] = [
  add,
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
  step,
  sub,
  sum,
  tile,
];

/** The stock kernels that ours stand in for; empty while the stock ones are registered. */
const stock: KernelConfig[] = [];
let stockBatchNormGradient: GradConfig | undefined;

/** Registers our kernels over the stock ones of the `cpu` backend. Calling it again changes nothing. */
export function installCpuKernels(): void {
  if (stock.length > 0) return;
  for (const kernel of kernels) {
    const config = getKernel(kernel.kernelName, "cpu");
    stock.push(config);
    replace({ ...config, kernelFunc: withFallback(kernel, config.kernelFunc) });
  }
  stockBatchNormGradient = getGradient(FusedBatchNorm);
  registerGradient(batchNormGradient(stockBatchNormGradient));
}

/** Registers the stock kernels again. */
export function restoreStockKernels(): void {
  for (const config of stock.splice(0)) replace(config);
  if (stockBatchNormGradient !== undefined) registerGradient(stockBatchNormGradient);
  stockBatchNormGradient = undefined;
}

function replace(config: KernelConfig): void {
  unregisterKernel(config.kernelName, config.backendName);
  registerKernel(config);
}
