/** Convolutions with a 1×1 filter in inference: products whose filters are kept in the order that they are read. */
import { FusedPointwise, type FusedPointwiseAttrs, type FusedPointwiseInputs } from "@roga/ops";
import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import { allFloat32, type OnednnBackend } from "../backend.js";
import { kernel } from "../register.js";
import { activationNumber, type NativeEpilogue } from "./activation.js";
import type { ConvolutionShape } from "./convolution-shape.js";

/** Whether a convolution multiplies the channels of every pixel by a matrix: its filter, strides and padding are none. */
export function isPointwise({ numbers, empty }: ConvolutionShape): boolean {
  if (empty) return false;
  const [, , , , , kh, kw, sh, sw, top, left, bottom, right] = numbers;
  return numbers[15] === 1 && kh === 1 && kw === 1 && sh === 1 && sw === 1 && !(top || left || bottom || right);
}

/** Tensors of a pointwise product besides x and the filter. */
interface Neighbours {
  gate?: TensorInfo | undefined;
  addend?: TensorInfo | undefined;
}

/** activation((x · gate) ∗ filter + bias) + addend. */
export function pointwise(
  backend: OnednnBackend,
  x: TensorInfo,
  filter: TensorInfo,
  { bias, activation = 0, alpha = 0 }: NativeEpilogue = {},
  { gate, addend }: Neighbours = {},
): TensorInfo {
  const [k, n] = filter.shape.slice(-2) as [number, number];
  const pixels = x.shape.slice(0, -1);
  const y = backend.make([...pixels, n]);
  backend.addon.pointwise(
    backend.floats(x),
    backend.floats(filter),
    backend.panels.of(filter, k, n),
    bias,
    gate && backend.floats(gate),
    addend && backend.floats(addend),
    y.values,
    pixels[0]!,
    util.sizeFromShape(pixels),
    k,
    n,
    activation,
    alpha,
  );
  return y.info;
}

export const fusedPointwise = kernel<FusedPointwiseInputs, FusedPointwiseAttrs>(
  FusedPointwise,
  ({ inputs: { x, filter, bias, gate, addend }, attrs, backend }) => {
    if (!allFloat32(x, filter)) return undefined;
    const epilogue = { activation: activationNumber(attrs.activation)!, ...(bias && { bias: backend.floats(bias) }) };
    return pointwise(backend, x, filter, epilogue, { gate, addend });
  },
);
