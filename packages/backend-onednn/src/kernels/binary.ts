/** Operations and comparisons of two arguments with broadcasting; native/binary.cc numbers them likewise. */
import * as tf from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
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
    backend.addon.binary(operation, backend.floats(a), backend.floats(b), y.values, out.dims);
    return y.info;
  }),
);

const compare: readonly NativeKernel[] = comparisons.map((name, operation) =>
  kernel<tf.BinaryInputs>(name, ({ inputs: { a, b }, backend }) => {
    if (!allFloat32(a, b)) return undefined;
    const out = broadcast(a.shape, b.shape);
    if (out === undefined) return undefined;
    const values = new Uint8Array(tf.util.sizeFromShape(out.shape));
    backend.addon.compare(operation, backend.floats(a), backend.floats(b), values, out.dims);
    return backend.makeTensorInfo(out.shape, "bool", values);
  }),
);

export const binaryKernels: readonly NativeKernel[] = [...arithmetic, ...compare];
