/** The gradients of activations and other operations of one argument, each one kernel. */

import { Swish } from "@roga/ops";
import { Elu, engine, type Tensor } from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { unaryGradients } from "../kernels/unary-gradients.js";
import type { Override } from "./override.js";

/** TensorFlow.js' gradient of elu, and that of swish, are these kernels already. */
const done: readonly string[] = [Elu, Swish];

/** By the kernel of the operation. TensorFlow.js saves the same of the two, its input or its output. */
export const unaryGradientOverrides: Readonly<Record<string, Override>> = Object.fromEntries(
  unaryGradients
    .filter(({ of }) => !done.includes(of))
    .map(({ of, name, saved: which }): [string, Override] => [
      of,
      (original) => (dy, saved, attrs) => {
        const inputs = { dy: dy as Tensor, [which]: saved[0]! };
        if (!allFloat32(...Object.values(inputs))) return original(dy, saved, attrs);
        return { x: () => engine().runKernel(name, inputs, attrs) as Tensor };
      },
    ]),
);
