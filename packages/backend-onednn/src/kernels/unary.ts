/** Operations of one argument; native/unary.cc numbers them likewise. */

import { Swish } from "@roga/ops";
import * as tf from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { kernel, type NativeKernel } from "../register.js";
import { activationNumber } from "./activation.js";

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

/** Activations that are left to what reads the result, with the addon's numbers of them. */
const DEFERRED: ReadonlyMap<string, number> = new Map([
  [tf.Relu, activationNumber("relu")!],
  [tf.Relu6, activationNumber("relu6")!],
]);

export const unaryKernels: readonly NativeKernel[] = operations.map(([name, first = "", second = ""], operation) =>
  kernel<{ x: tf.TensorInfo }, Attrs>(name, ({ inputs: { x }, attrs, backend }) => {
    if (!allFloat32(x)) return undefined;
    const activation = DEFERRED.get(name);
    const deferred =
      activation === undefined ? undefined : backend.defer(x, { channels: x.shape.at(-1) ?? 1, activation });
    if (deferred !== undefined) return deferred;
    const y = backend.make(x.shape);
    backend.addon.unary(operation, backend.floats(x), y.values, attrs[first] ?? 0, attrs[second] ?? 0);
    return y.info;
  }),
);
