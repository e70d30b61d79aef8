/**
 * Depthwise convolutions in inference that give the mean of each image as well, and those of images whose channels a
 * convolution with a 1×1 filter makes: where these are large, they are computed a few rows at a time.
 */
import {
  type FusedConvolutionInputs,
  FusedDepthwiseConv2DMean,
  type FusedDepthwiseConv2DMeanAttrs,
  FusedExpandedDepthwise,
  type FusedExpandedDepthwiseAttrs,
  type FusedExpandedDepthwiseInputs,
} from "@roga/ops";
import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { OnednnBackend } from "../backend.js";
import { kernel } from "../register.js";
import { activationNumber } from "./activation.js";
import { depthwise, depthwiseShape, isOwn } from "./DepthwiseConv2dNative.js";
import { pointwise } from "./pointwise.js";

/**
 * From so many bytes on, images are larger than the caches, and it pays to compute those between the two convolutions
 * anew where parts of an image meet: measured with 16 to 192 channels of 8 to 128 pixels.
 */
const FEWEST_BYTES = 6 << 20;
/** Filters of more bytes do not stay in the cache beside the rows. */
const MOST_FILTER_BYTES = 64 << 10;

interface Inputs {
  x: TensorInfo;
  filter: TensorInfo;
  bias?: TensorInfo;
}

const floatsOf = (backend: OnednnBackend, tensor: TensorInfo | undefined) => tensor && backend.floats(tensor);

function depthwiseMean(backend: OnednnBackend, { x, filter, bias }: Inputs, attrs: FusedDepthwiseConv2DMeanAttrs) {
  const shape = depthwiseShape(x.shape, filter.shape, attrs);
  const { batchSize, outHeight, outWidth, outChannels, outShape } = shape.info;
  const [y, mean] = [backend.make(outShape), backend.make([batchSize, outChannels])];
  const activation = activationNumber(attrs.activation)!;
  const [weights, biases] = [backend.floats(filter), floatsOf(backend, bias)];
  if (isOwn(shape)) {
    const { values, factors, before } = backend.operand(x);
    const to = [y.values, mean.values] as const;
    backend.addon.depthwiseMean(shape.numbers, values, factors, before, weights, biases, ...to, activation, 0);
  } else {
    depthwise(backend, shape, x, weights, y.values, { ...(biases && { bias: biases }), activation });
    const pixels = outHeight * outWidth;
    backend.addon.reduce(0, y.values, mean.values, batchSize, pixels, outChannels, 1 / pixels);
  }
  return [y.info, mean.info];
}

const fusedDepthwiseConv2DMean = kernel<FusedConvolutionInputs, FusedDepthwiseConv2DMeanAttrs>(
  FusedDepthwiseConv2DMean,
  ({ inputs, attrs, backend }) => depthwiseMean(backend, inputs, attrs),
);

const fusedExpandedDepthwise = kernel<FusedExpandedDepthwiseInputs, FusedExpandedDepthwiseAttrs>(
  FusedExpandedDepthwise,
  ({ inputs: { x, expansion, expansionBias, filter, bias }, attrs, backend }) => {
    const { addon } = backend;
    const [channels, expanded] = expansion.shape.slice(-2) as [number, number];
    const shape = depthwiseShape([...x.shape.slice(0, -1), expanded], filter.shape, attrs);
    const before = activationNumber(attrs.expansionActivation)!;
    const biases = floatsOf(backend, expansionBias);
    const bytes = (util.sizeFromShape(x.shape) / channels) * expanded * 4;
    const size = addon.panelSize(channels, expanded) * 4;
    const pays = bytes >= FEWEST_BYTES && size > 0 && size <= MOST_FILTER_BYTES;
    if (!pays || !isOwn(shape) || addon.usesBfloat16()) {
      const z = pointwise(backend, x, expansion, { ...(biases && { bias: biases }), activation: before });
      const outputs = depthwiseMean(backend, { x: z, filter, ...(bias && { bias }) }, attrs);
      backend.disposeData(z.dataId);
      return outputs;
    }
    const { batchSize, outChannels, outShape } = shape.info;
    const [y, mean] = [backend.make(outShape), backend.make([batchSize, outChannels])];
    addon.expandedDepthwise(
      shape.numbers,
      backend.floats(x),
      channels,
      backend.floats(expansion),
      backend.panels.of(expansion, channels, expanded),
      biases,
      before,
      backend.floats(filter),
      floatsOf(backend, bias),
      y.values,
      mean.values,
      activationNumber(attrs.activation)!,
    );
    return [y.info, mean.info];
  },
);

export const depthwiseMeanKernels = [fusedDepthwiseConv2DMean, fusedExpandedDepthwise] as const;
