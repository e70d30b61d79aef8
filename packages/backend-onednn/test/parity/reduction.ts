/** Cases of reductions and of softmax. */
import * as tf from "@tensorflow/tfjs-core";
import { SoftmaxGrad } from "../../src/kernels/Softmax.js";
import { booleans, type Case, floats, integers, special, type Tolerance, ties } from "./case.js";

/** Shapes and the axes that are reduced: rows, columns, both ends, the middle, everything, nothing. */
const SHAPES: [number[], number[]][] = [
  [[5], [0]],
  [[3, 7], [1]],
  [[3, 7], [0]],
  [
    [3, 7],
    [0, 1],
  ],
  [[2, 3, 5], [1]],
  [
    [2, 3, 5],
    [0, 2],
  ],
  [
    [2, 9, 7, 3],
    [1, 2],
  ],
  [
    [2, 4, 4, 728],
    [1, 2],
  ],
  [
    [4, 17, 19, 16],
    [0, 1, 2],
  ],
  [[300, 301], [1]],
  [[300, 301], [0]],
  [
    [41, 43, 47],
    [0, 1, 2],
  ],
  [[70_001], [0]],
  [[4, 5], []],
  [[2, 0, 3], [0]],
];

export function reductionCases(): Case[] {
  const cases: Case[] = [];
  for (const [shape, axis] of SHAPES) {
    const reduced = axis.reduce((product, at) => product * shape[at]!, 1);
    const native = tf.util.sizeFromShape(shape) > 0;
    for (const keepDims of [false, true]) {
      const label = `[${shape}] over [${axis}]${keepDims ? ", kept" : ""}`;
      const add = (kernel: string, tolerance: Tolerance, make = floats) =>
        cases.push({ kernel, label, inputs: { x: make(shape) }, attrs: { axis, keepDims }, tolerance, native });
      add(tf.Sum, { terms: reduced });
      add(tf.Sum, { terms: reduced }, (size) => special(size, 0.01));
      add(tf.Mean, { terms: reduced + 1 });
      add(tf.Mean, { terms: reduced + 1 }, (size) => special(size, 0.01));
      if (reduced === 0) continue;
      for (const kernel of [tf.Max, tf.Min]) {
        add(kernel, "exact");
        add(kernel, "exact", (size) => special(size, 0.01));
      }
      add(tf.Prod, { rtol: reduced * 2 ** -22, atol: 1e-37 });
    }
    const [last] = axis;
    if (axis.length === 1 && shape[last!]! > 0 && native) {
      for (const make of [floats, ties]) {
        const call = { label: `[${shape}] over ${last}`, inputs: { x: make(shape) }, attrs: { axis: last } };
        cases.push({ kernel: tf.ArgMax, ...call, tolerance: "exact" });
        cases.push({ kernel: tf.ArgMin, ...call, tolerance: "exact" });
      }
    }
  }
  const whole = { label: "integers", inputs: { x: integers([3, 5]) }, attrs: { axis: [1], keepDims: false } };
  for (const kernel of [tf.Sum, tf.Max, tf.Mean]) cases.push({ kernel, ...whole, tolerance: "exact", native: false });
  const truths = { label: "truths", inputs: { x: booleans([3, 5]) }, attrs: { axis: [1], keepDims: false } };
  for (const kernel of [tf.All, tf.Any]) cases.push({ kernel, ...truths, tolerance: "exact", native: false });
  return [...cases, ...softmaxCases()];
}

function softmaxCases(): Case[] {
  const cases: Case[] = [];
  for (const shape of [[1], [1, 1], [5, 2], [3, 728], [2, 3, 7], [301, 37], [2, 40_000], [0, 3]]) {
    const native = tf.util.sizeFromShape(shape) > 0;
    const dim = shape.length - 1;
    if (native) {
      const [dy, y] = [floats(shape), floats(shape, sawtooth(1))];
      const columns = shape.at(-1)!;
      const tolerance = { rtol: 1e-6, atol: 1e-6 * columns };
      const reference = () => [softmaxGradient(dy.values, y.values, columns)];
      cases.push({ kernel: SoftmaxGrad, label: `[${shape}]`, inputs: { dy, y }, tolerance, reference });
    }
    for (const [note, logits] of [
      ["", floats(shape, sawtooth(30))],
      [" far from 0", floats(shape, sawtooth(3000))],
      [" not finite", special(shape, 0.002)],
    ] as const) {
      const label = `[${shape}]${note}`;
      // The distance from the largest is rounded before it is an exponent; so is the logarithm of the sum.
      cases.push({
        kernel: tf.Softmax,
        label,
        inputs: { logits },
        attrs: { dim },
        tolerance: { rtol: 4e-6, atol: 1e-37 },
        native,
      });
      cases.push({
        kernel: tf.LogSoftmax,
        label,
        inputs: { logits },
        attrs: { axis: dim },
        tolerance: { rtol: 1e-6, atol: 4e-6 },
        native,
      });
    }
  }
  return cases;
}

function softmaxGradient(dy: ArrayLike<number>, y: ArrayLike<number>, columns: number): Float64Array {
  const sums = new Float64Array(y.length / columns);
  for (let i = 0; i < y.length; i++) sums[Math.floor(i / columns)]! += dy[i]! * y[i]!;
  return Float64Array.from(y, (value, i) => value * (dy[i]! - sums[Math.floor(i / columns)]!));
}

function sawtooth(height: number): () => number {
  let at = 0;
  return () => ((at++ * 37) % 101) * (height / 101) - height / 3;
}
