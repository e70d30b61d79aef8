/** Convolution, depthwise convolution and matrix product with bias and activation in one kernel. */
import {
  _FusedMatMul,
  type _FusedMatMulAttrs,
  type _FusedMatMulInputs,
  FusedConv2D,
  type FusedConv2DAttrs,
  type FusedConv2DInputs,
  FusedDepthwiseConv2D,
  type FusedDepthwiseConv2DAttrs,
  type FusedDepthwiseConv2DInputs,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import { allFloat32, type OnednnBackend } from "../backend.js";
import { kernel, type NativeKernel } from "../register.js";
import { activationNumber } from "./activation.js";
import { product } from "./BatchMatMul.js";
import { convolve } from "./Conv2D.js";
import { depthwise, depthwiseShape } from "./DepthwiseConv2dNative.js";

interface Epilogue {
  bias?: TensorInfo | null | undefined;
  activation?: string;
  leakyreluAlpha?: number;
}

/** Whether the native epilogue takes it: a bias for each of `channels`, or none, and an activation that it knows. */
function takes({ bias, activation }: Epilogue, channels: number): boolean {
  if (activationNumber(activation) === undefined) return false;
  return (
    bias == null ||
    (allFloat32(bias) && bias.shape.at(-1) === channels && bias.shape.slice(0, -1).every((n) => n === 1))
  );
}

/** y = activation(y + bias), in place. */
function finish(backend: OnednnBackend, y: TensorInfo, { bias, activation, leakyreluAlpha }: Epilogue): TensorInfo {
  const number = activationNumber(activation)!;
  if (bias == null && number === 0) return y;
  const numbers = bias == null ? undefined : backend.floats(bias);
  backend.addon.biasActivation(backend.floats(y), numbers, number, leakyreluAlpha ?? 0.2);
  return y;
}

/** What the native epilogue does not take. */
const UNFUSED = "prelu; a bias that is not one value for each channel";

const fusedConv2D = kernel<FusedConv2DInputs, FusedConv2DAttrs>(
  FusedConv2D,
  ({ inputs, attrs, backend }) => {
    const { x, filter, bias } = inputs;
    const epilogue = { ...attrs, bias };
    if (!takes(epilogue, filter.shape.at(-1)!)) return undefined;
    return convolve(backend, x, filter, attrs, {
      ...(bias && { bias: backend.floats(bias) }),
      activation: activationNumber(attrs.activation)!,
      alpha: attrs.leakyreluAlpha ?? 0.2,
    });
  },
  { other: `NCHW; ${UNFUSED}` },
);

const fusedDepthwiseConv2D = kernel<FusedDepthwiseConv2DInputs, FusedDepthwiseConv2DAttrs>(
  FusedDepthwiseConv2D,
  ({ inputs: { x, filter, bias }, attrs, backend }) => {
    const epilogue = { ...attrs, bias } as Epilogue;
    if (!allFloat32(x, filter)) return undefined;
    const shape = depthwiseShape(x.shape, filter.shape, attrs);
    if (shape.empty || !takes(epilogue, shape.info.outChannels)) return undefined;
    const y = backend.make(shape.info.outShape);
    depthwise(backend, shape, backend.floats(x), backend.floats(filter), y.values);
    return finish(backend, y.info, epilogue);
  },
  { other: UNFUSED },
);

const fusedMatMul = kernel<_FusedMatMulInputs, _FusedMatMulAttrs>(
  _FusedMatMul,
  ({ inputs: { a, b, bias }, attrs, backend }) => {
    const epilogue = { ...attrs, bias } as Epilogue;
    if (!takes(epilogue, b.shape.at(attrs.transposeB ? -2 : -1)!)) return undefined;
    const out = product(backend, a, b, attrs.transposeA, attrs.transposeB);
    return out && finish(backend, out, epilogue);
  },
  { other: `batches of different shapes, none of them a single matrix; ${UNFUSED}` },
);

export const fusedKernels: readonly NativeKernel[] = [fusedConv2D, fusedDepthwiseConv2D, fusedMatMul];
