/** Transpose. Where the elements keep their order, the output has the input's memory, as a reshaped tensor has. */
import { Transpose, type TransposeAttrs, type TransposeInputs } from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { kernel } from "../register.js";

/** The addon takes at most this many axes. */
const AXES = 8;

/** Size, and stride of the input, along each axis of the output; axes that can be walked as one are. */
function dimsOf(shape: readonly number[], perm: readonly number[]): [number, number][] {
  const strides: number[] = [];
  shape.reduceRight((stride, size, axis) => {
    strides[axis] = stride;
    return stride * size;
  }, 1);
  const dims: [number, number][] = [];
  for (const axis of perm) {
    const [size, stride] = [shape[axis]!, strides[axis]!];
    const outer = dims.at(-1);
    if (size === 1) continue;
    if (outer && outer[1] === stride * size) {
      outer[0] *= size;
      outer[1] = stride;
    } else {
      dims.push([size, stride]);
    }
  }
  return dims;
}

export const transpose = kernel<TransposeInputs, TransposeAttrs>(
  Transpose,
  ({ inputs: { x }, attrs: { perm }, backend }) => {
    if (!allFloat32(x) || x.shape.includes(0)) return undefined;
    const shape = perm.map((axis) => x.shape[axis]!);
    const dims = dimsOf(x.shape, perm);
    if (dims.length > AXES) return undefined;
    if (dims.length < 2) {
      backend.incRef(x.dataId);
      return { dataId: x.dataId, shape, dtype: x.dtype };
    }
    const y = backend.make(shape);
    backend.addon.transpose(backend.floats(x), y.values, Int32Array.from(dims.flat()));
    return y.info;
  },
);
