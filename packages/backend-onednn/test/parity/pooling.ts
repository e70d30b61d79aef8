/** Cases of pooling and its gradients. */
import * as tf from "@tensorflow/tfjs-core";
import { type Case, floats, special, ties, type Values } from "./case.js";

interface Pooling {
  readonly x: [number, number, number, number];
  readonly size: [number, number];
  readonly strides: [number, number];
  readonly pad?: "same" | "valid" | number;
}

const SHAPES: Pooling[] = [
  { x: [1, 1, 1, 1], size: [1, 1], strides: [1, 1] },
  { x: [2, 5, 7, 1], size: [2, 2], strides: [2, 2] },
  { x: [2, 5, 7, 3], size: [3, 3], strides: [2, 2] },
  { x: [1, 8, 8, 5], size: [3, 3], strides: [2, 2], pad: "valid" },
  { x: [1, 9, 6, 17], size: [3, 2], strides: [1, 2] },
  { x: [2, 6, 6, 4], size: [3, 3], strides: [2, 2], pad: 1 },
  { x: [1, 7, 7, 3], size: [5, 5], strides: [1, 1], pad: 2 },
  { x: [2, 7, 6, 16], size: [7, 6], strides: [1, 1], pad: "valid" },
  { x: [1, 5, 5, 728], size: [3, 3], strides: [2, 2] },
  { x: [2, 8, 8, 16], size: [2, 2], strides: [3, 3], pad: "valid" },
  { x: [3, 33, 31, 16], size: [3, 3], strides: [2, 2] },
];
const EMPTY: Pooling = { x: [0, 4, 4, 3], size: [2, 2], strides: [2, 2] };

export function poolingCases(): Case[] {
  return [
    ...SHAPES.flatMap((shape) => [...cases(shape, floats), ...cases(shape, ties)]),
    ...SHAPES.slice(1, 6).flatMap((shape) => cases(shape, (size) => special(size, 0.1), ", not finite")),
    ...cases(EMPTY, floats, "", false),
  ];
}

function cases(
  { x, size, strides, pad = "same" }: Pooling,
  make: (shape: number[]) => Values,
  note = "",
  native = true,
): Case[] {
  const label = `[${x}], ${size}, stride ${strides}, padding ${pad}${note}`;
  const attrs = { filterSize: size, strides, pad };
  const { outShape } = tf.backend_util.computePool2DInfo(x, size, strides, 1, pad);
  const identity = size.every((length) => length === 1);
  const input = make(x);
  const dy = floats(outShape);
  // The gradient of max pooling looks at its output only to see where the maximum is; the largest input will do for that.
  const output = largest(input, outShape, { x, size, strides, pad });
  const average = { terms: size[0] * size[1] + 1, atol: 1e-30 };
  // dy is of order 1, and at most that many of its values are added.
  const sums = { rtol: 1e-6, atol: 1e-6 * size[0] * size[1] };
  return [
    { kernel: tf.MaxPool, label, inputs: { x: input }, attrs, tolerance: "exact", native: native && !identity },
    {
      kernel: tf.MaxPoolGrad,
      label,
      inputs: { dy, input, output },
      attrs,
      tolerance: sums,
      native,
    },
    { kernel: tf.AvgPool, label, inputs: { x: input }, attrs, tolerance: average, native: native && !identity },
    { kernel: tf.AvgPoolGrad, label, inputs: { dy, input }, attrs, tolerance: average, native },
  ];
}

/** Max pooling as the JavaScript kernel does it: what is not a number is no maximum. */
function largest({ values }: Values, outShape: number[], { x, size, strides, pad }: Required<Pooling>): Values {
  const { padInfo } = tf.backend_util.computePool2DInfo(x, size, strides, 1, pad);
  const [, outHeight, outWidth, channels] = outShape as [number, number, number, number];
  let at = 0;
  return floats(outShape, () => {
    const index = at++;
    const [c, rest] = [index % channels, Math.floor(index / channels)];
    const [column, row] = [rest % outWidth, Math.floor(rest / outWidth) % outHeight];
    const n = Math.floor(rest / outWidth / outHeight);
    let most = -Infinity;
    for (let i = 0; i < size[0]; i++) {
      for (let j = 0; j < size[1]; j++) {
        const [h, w] = [row * strides[0] - padInfo.top + i, column * strides[1] - padInfo.left + j];
        if (h < 0 || w < 0 || h >= x[1] || w >= x[2]) continue;
        const value = values[((n * x[1] + h) * x[2] + w) * channels + c]!;
        if (value > most) most = value;
      }
    }
    return most;
  });
}
