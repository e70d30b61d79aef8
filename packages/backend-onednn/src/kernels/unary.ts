/** Operations of one argument; native/unary.cc numbers them likewise. */

import { Swish } from "@roga/ops";
import * as tf from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { kernel, type NativeKernel } from "../register.js";

type Attrs = Readonly<Record<string, number>>;
/** A kernel's name, and the names of its attributes in the order in which the addon takes them. */
type Operation = readonly [name: string, ...parameters: string[]];

const operations: readonly Operation[] = [
  [tf.Relu],
  [tf.Relu6],
  [tf.LeakyRelu, "alpha"],
  [tf.Elu],
  [tf.Sigmoid],
  [tf.Tanh],
  [Swish],
  [tf.Softplus],
  [tf.Abs],
  [tf.Neg],
  [tf.Square],
  [tf.Sqrt],
  [tf.Rsqrt],
  [tf.Reciprocal],
  [tf.Exp],
  [tf.Expm1],
  [tf.Log],
  [tf.Log1p],
  [tf.Step, "alpha"],
  [tf.Sign],
  [tf.ClipByValue, "clipValueMin", "clipValueMax"],
  [tf.Floor],
  [tf.Ceil],
];

export const unaryKernels: readonly NativeKernel[] = operations.map(([name, first = "", second = ""], operation) =>
  kernel<{ x: tf.TensorInfo }, Attrs>(name, ({ inputs: { x }, attrs, backend }) => {
    if (!allFloat32(x)) return undefined;
    const y = backend.make(x.shape);
    backend.addon.unary(operation, backend.floats(x), y.values, attrs[first] ?? 0, attrs[second] ?? 0);
    return y.info;
  }),
);
