/** Operations and comparisons of two arguments with broadcasting; native/binary.cc numbers them likewise. */
import * as tf from "@tensorflow/tfjs-core";
import { allFloat32, type OnednnBackend } from "../backend.js";
import { kernel, type NativeKernel } from "../register.js";
import { broadcast } from "./broadcast.js";

const operations = [
  tf.Add,
  tf.Sub,
  tf.Multiply,
  tf.RealDiv,
  tf.Maximum,
  tf.Minimum,
  tf.SquaredDifference,
  tf.Pow,
] as const;

const comparisons = [tf.Equal, tf.NotEqual, tf.Greater, tf.GreaterEqual, tf.Less, tf.LessEqual] as const;

const arithmetic: readonly NativeKernel[] = operations.map((name, operation) =>
  kernel<tf.BinaryInputs>(name, ({ inputs: { a, b }, backend }) => {
    if (!allFloat32(a, b)) return undefined;
    const out = broadcast(a.shape, b.shape);
    if (out === undefined) return undefined;
    const y = backend.make(out.shape);
    if (name === tf.Add && addsPrologue(backend, a, b, y.values)) return y.info;
    backend.addon.binary(operation, backend.floats(a), backend.floats(b), y.values, out.dims);
    return y.info;
  }),
);

/** a + b where one of them is still to be computed from other values: in one pass. */
function addsPrologue(backend: OnednnBackend, a: tf.TensorInfo, b: tf.TensorInfo, y: Float32Array): boolean {
  if (!tf.util.arraysEqual(a.shape, b.shape)) return false;
  const [late, other] = backend.prologueOf(b) === undefined ? [a, b] : [b, a];
  const prologue = backend.prologueOf(late);
  if (prologue === undefined) return false;
  const addend = backend.floats(other);
  const { values, factors, before } = backend.operand(late);
  backend.addon.prepare(values, factors, factors === undefined ? 1 : prologue.channels, before, addend, y);
  return true;
}

const compare: readonly NativeKernel[] = comparisons.map((name, operation) =>
  kernel<tf.BinaryInputs>(name, ({ inputs: { a, b }, backend }) => {
    if (!allFloat32(a, b)) return undefined;
    const out = broadcast(a.shape, b.shape);
    if (out === undefined) return undefined;
    const values = new Uint8Array(tf.util.sizeFromShape(out.shape));
    backend.addon.compare(operation, backend.floats(a), backend.floats(b), values, out.dims);
    return backend.holding(out.shape, "bool", values);
  }),
);

export const binaryKernels: readonly NativeKernel[] = [...arithmetic, ...compare];
