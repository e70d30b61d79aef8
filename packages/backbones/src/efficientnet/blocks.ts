/**
 * The inverted residual block of EfficientNet (Sandler et al. 2018, arXiv 1801.04381) with its squeeze-and-excitation gate
 * (Hu et al. 2017, arXiv 1709.01507): expand 1×1, depthwise, gate, project 1×1, and the sum with what came in.
 */
import { layers, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { apply } from "../layers/apply.js";
import type { Blocks } from "../layers/blocks.js";
import type { PaddingPlan } from "./padding.js";
import { type Block, isResidual } from "./scaling.js";

/**
 * @param x `[n, h, w, inputs]`
 * @param stochasticDepth rate at which the block's branch is left out in training, where it is a residual one
 * @returns `[n, h', w', outputs]`
 */
export function invertedResidual(
  make: Blocks,
  x: SymbolicTensor,
  block: Block,
  padding: PaddingPlan,
  stochasticDepth: number,
): SymbolicTensor {
  const { kernelSize, stride, inputs, expanded, outputs } = block;
  const name = `block${block.index}`;
  let y = x;
  if (expanded !== inputs) {
    y = make.convolution(y, `${name}_expand_conv`, expanded, { kernelSize: 1 });
    y = make.activation(make.batchNorm(y, `${name}_expand_bn`), `${name}_expand_swish`, "swish");
  }
  const windows = { kernelSize, strides: stride, padding: padding.next(kernelSize, stride) };
  y = make.depthwise(y, `${name}_depthwise_conv`, windows);
  y = make.activation(make.batchNorm(y, `${name}_depthwise_bn`), `${name}_depthwise_swish`, "swish");
  y = squeezeExcite(make, y, block);
  y = make.batchNorm(make.convolution(y, `${name}_project_conv`, outputs, { kernelSize: 1 }), `${name}_project_bn`);
  if (!isResidual(block)) return y;
  return make.add(make.stochasticDepth(y, `${name}_drop`, stochasticDepth), x, `${name}_add`);
}

/** x times a factor for each of its channels, computed from their means. */
function squeezeExcite(make: Blocks, x: SymbolicTensor, { index, expanded, squeezed }: Block): SymbolicTensor {
  const name = `block${index}_se`;
  const convolution = { kernelSize: 1, useBias: true };
  const mean = make.globalMean(x, `${name}_mean`);
  let gate = apply(layers.reshape({ name: `${name}_image`, targetShape: [1, 1, expanded] }), mean);
  gate = make.activation(
    make.convolution(gate, `${name}_reduce`, squeezed, convolution),
    `${name}_reduce_swish`,
    "swish",
  );
  gate = make.activation(
    make.convolution(gate, `${name}_expand`, expanded, convolution),
    `${name}_expand_sigmoid`,
    "sigmoid",
  );
  return apply(layers.multiply({ name: `${name}_scale` }), x, gate);
}
