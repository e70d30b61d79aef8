/** Concat, and Pack (`tf.stack`), which is the same with an axis of length 1 in every input. */
import * as tf from "@tensorflow/tfjs-core";
import { allFloat32, type OnednnBackend } from "../backend.js";
import { kernel, type NativeKernel } from "../register.js";

/** Copies tensors one beside the other: each has the same number of rows, and `lengths` gives its elements in a row. */
function beside(backend: OnednnBackend, tensors: tf.TensorInfo[], lengths: number[], shape: number[]): tf.TensorInfo {
  const y = backend.make(shape);
  const rowLength = lengths.reduce((total, length) => total + length, 0);
  let offset = 0;
  tensors.forEach((tensor, index) => {
    const length = lengths[index]!;
    const rows = y.values.length / rowLength;
    backend.addon.copyRows(backend.floats(tensor), y.values, rows, length, 0, length, offset, rowLength);
    offset += length;
  });
  return y.info;
}

type Inputs = Record<string, tf.TensorInfo>;

const concat = kernel<Inputs, tf.ConcatAttrs>(
  tf.Concat,
  ({ inputs, attrs, backend }) => {
    const all = Object.values(inputs);
    if (!allFloat32(...all)) return undefined;
    const axis = tf.util.parseAxisParam(attrs.axis, all[0]!.shape)[0]!;
    const shapes = all.map(({ shape }) => shape);
    tf.backend_util.assertParamsConsistent(shapes, axis);
    const shape = tf.backend_util.computeOutShape(shapes, axis);
    const tensors = all.filter((tensor) => tf.util.sizeFromShape(tensor.shape) > 0);
    if (tensors.length < 2) return undefined;
    const lengths = tensors.map((tensor) => tf.util.sizeFromShape(tensor.shape.slice(axis)));
    return beside(backend, tensors, lengths, shape);
  },
  { other: "one tensor alone" },
);

const pack = kernel<Inputs, tf.PackAttrs>(tf.Pack, ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const { shape } = tensors[0]!;
  for (const tensor of tensors) tf.util.assertShapesMatch(shape, tensor.shape, "Error in stack: ");
  if (!allFloat32(...tensors) || shape.includes(0)) return undefined;
  const axis = attrs.axis < 0 ? attrs.axis + shape.length + 1 : attrs.axis;
  const length = tf.util.sizeFromShape(shape.slice(axis));
  return beside(
    backend,
    tensors,
    tensors.map(() => length),
    [...shape.slice(0, axis), tensors.length, ...shape.slice(axis)],
  );
});

export const concatKernels: readonly NativeKernel[] = [concat, pack];
