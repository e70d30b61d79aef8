/** Convolution, depthwise convolution and matrix product with bias and activation in one kernel. */
import {
  FusedConv2DSwish,
  type FusedConvolutionAttrs,
  type FusedConvolutionInputs,
  FusedDepthwiseConv2DSwish,
} from "@roga/ops";
import {
  _FusedMatMul,
  type _FusedMatMulAttrs,
  type _FusedMatMulInputs,
  type DepthwiseConv2dNativeAttrs,
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
import { activationNumber, type NativeEpilogue } from "./activation.js";
import { product } from "./BatchMatMul.js";
import { convolve } from "./Conv2D.js";
import { type ConvolutionAttrs, convolutionShape } from "./convolution-shape.js";
import { depthwise, depthwiseShape } from "./DepthwiseConv2dNative.js";
import { depthwiseMeanKernels } from "./depthwise-mean.js";
import { fusedPointwise, isPointwise, pointwise } from "./pointwise.js";
import { fusedSeparable } from "./separable.js";

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

/** An epilogue that the native one takes. */
function nativeEpilogue(
  backend: OnednnBackend,
  { bias, activation, leakyreluAlpha = 0.2 }: Epilogue,
): NativeEpilogue & { activation: number; alpha: number } {
  const values = bias == null ? {} : { bias: backend.floats(bias) };
  return { ...values, activation: activationNumber(activation)!, alpha: leakyreluAlpha };
}

/** y = activation(y + bias), in place. */
function finish(backend: OnednnBackend, y: TensorInfo, epilogue: Epilogue): TensorInfo {
  const { bias, activation, alpha } = nativeEpilogue(backend, epilogue);
  if (bias === undefined && activation === 0) return y;
  backend.addon.biasActivation(backend.floats(y), bias, activation, alpha);
  return y;
}

interface Inputs {
  x: TensorInfo;
  filter: TensorInfo;
  bias?: TensorInfo | null;
}

/** activation(x ∗ filter + bias), or `undefined` where the native kernels do not take it. */
function convolution(
  backend: OnednnBackend,
  { x, filter, bias }: Inputs,
  attrs: ConvolutionAttrs & Epilogue,
): TensorInfo | undefined {
  if (!takes({ ...attrs, bias }, filter.shape.at(-1)!)) return undefined;
  const epilogue = nativeEpilogue(backend, { ...attrs, bias });
  if (allFloat32(x, filter) && attrs.dataFormat !== "NCHW") {
    const shape = convolutionShape(x.shape, filter.shape, attrs, false);
    if (isPointwise(shape)) return pointwise(backend, x, filter, epilogue);
  }
  return convolve(backend, x, filter, attrs, epilogue);
}

/** The same of a depthwise convolution. */
function depthwiseConvolution(
  backend: OnednnBackend,
  { x, filter, bias }: Inputs,
  attrs: DepthwiseConv2dNativeAttrs & Epilogue,
): TensorInfo | undefined {
  const epilogue = { ...attrs, bias };
  if (!allFloat32(x, filter)) return undefined;
  const shape = depthwiseShape(x.shape, filter.shape, attrs);
  if (shape.empty || !takes(epilogue, shape.info.outChannels)) return undefined;
  const y = backend.make(shape.info.outShape);
  depthwise(backend, shape, x, backend.floats(filter), y.values, nativeEpilogue(backend, epilogue));
  return y.info;
}

/** What the native epilogue does not take. */
const UNFUSED = "prelu; a bias that is not one value for each channel";

const fusedConv2D = kernel<FusedConv2DInputs, FusedConv2DAttrs>(
  FusedConv2D,
  ({ inputs, attrs, backend }) => convolution(backend, inputs, attrs),
  { other: `NCHW; ${UNFUSED}` },
);

const fusedDepthwiseConv2D = kernel<FusedDepthwiseConv2DInputs, FusedDepthwiseConv2DAttrs>(
  FusedDepthwiseConv2D,
  ({ inputs, attrs, backend }) => depthwiseConvolution(backend, inputs, attrs),
  { other: UNFUSED },
);

const activation = "swish";

const fusedConv2DSwish = kernel<FusedConvolutionInputs, FusedConvolutionAttrs>(
  FusedConv2DSwish,
  ({ inputs, attrs, backend }) => convolution(backend, inputs, { ...attrs, activation }),
);

const fusedDepthwiseConv2DSwish = kernel<FusedConvolutionInputs, FusedConvolutionAttrs>(
  FusedDepthwiseConv2DSwish,
  ({ inputs, attrs, backend }) => depthwiseConvolution(backend, inputs, { ...attrs, activation }),
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

export const fusedKernels: readonly NativeKernel[] = [
  fusedConv2D,
  fusedConv2DSwish,
  fusedDepthwiseConv2D,
  fusedDepthwiseConv2DSwish,
  ...depthwiseMeanKernels,
  fusedPointwise,
  fusedSeparable,
  fusedMatMul,
];
