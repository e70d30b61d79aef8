/**
 * Gradients of operations of one argument whose chain rule is one pass over the gradient and what the operation saved;
 * native/unary.cc numbers them likewise. TensorFlow.js has kernels for few of them: those of our own are named alike.
 */
import { Swish, SwishGrad } from "@roga/ops";
import * as tf from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { kernel, type NativeKernel } from "../register.js";

export interface UnaryGradient {
  /** The operation's kernel. */
  readonly of: string;
  /** Its gradient's kernel: inputs `dy` and `saved`, of one shape; attributes those of the operation; output dx. */
  readonly name: string;
  /** Whether it is computed from the operation's input or its output. */
  readonly saved: "x" | "y";
  /** The names of the operation's attributes in the order in which the addon takes them. */
  readonly parameters: readonly string[];
}

const gradient = (of: string, saved: "x" | "y", ...parameters: string[]): UnaryGradient => ({
  of,
  name: `${of}Grad`,
  saved,
  parameters,
});

export const unaryGradients: readonly UnaryGradient[] = [
  gradient(tf.Relu, "x"),
  gradient(tf.Relu6, "x"),
  gradient(tf.LeakyRelu, "x", "alpha"),
  { of: tf.Elu, name: tf.EluGrad, saved: "y", parameters: [] },
  gradient(tf.Sigmoid, "y"),
  gradient(tf.Tanh, "y"),
  { of: Swish, name: SwishGrad, saved: "x", parameters: [] },
  gradient(tf.Softplus, "x"),
  gradient(tf.Abs, "x"),
  gradient(tf.Square, "x"),
  gradient(tf.Sqrt, "x"),
  gradient(tf.Rsqrt, "x"),
  gradient(tf.Reciprocal, "x"),
  gradient(tf.ClipByValue, "x", "clipValueMin", "clipValueMax"),
];

type Inputs = Readonly<Record<"dy" | "x" | "y", tf.TensorInfo>>;
type Attrs = Readonly<Record<string, number>>;

export const unaryGradientKernels: readonly NativeKernel[] = unaryGradients.map(
  ({ name, saved, parameters: [first = "", second = ""] }, operation) =>
    kernel<Inputs, Attrs>(name, ({ inputs, attrs, backend }) => {
      const [dy, from] = [inputs.dy, inputs[saved]];
      if (!allFloat32(dy, from)) return undefined;
      const dx = backend.make(from.shape);
      const parameters = [attrs[first] ?? 0, attrs[second] ?? 0] as const;
      backend.addon.unaryGradient(operation, backend.floats(dy), backend.floats(from), dx.values, ...parameters);
      return dx.info;
    }),
);
