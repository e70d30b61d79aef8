/** Cases of the gradients that have kernels of their own; references in double precision. */
import * as tf from "@tensorflow/tfjs-core";
import { MultiplyReduce } from "../../src/kernels/MultiplyReduce.js";
import { ReductionGrad } from "../../src/kernels/ReductionGrad.js";
import { type Case, floats, positive } from "./case.js";
import { sigmoid } from "./references.js";

const SHAPES = [[], [7], [3, 0], [2, 129, 161]];
const attrs = { alpha: 0.3, clipValueMin: -0.5, clipValueMax: 0.7 };

/** By the kernel of the operation: what its gradient is computed from, and f′ of that. */
const slopes: Readonly<Record<string, readonly [saved: "x" | "y", slope: (value: number) => number]>> = {
  [tf.Relu]: ["x", (x) => (x > 0 ? 1 : 0)],
  [tf.Relu6]: ["x", (x) => (x > 0 && x <= 6 ? 1 : 0)],
  [tf.LeakyRelu]: ["x", (x) => (x > 0 ? 1 : attrs.alpha)],
  [tf.Elu]: ["y", (y) => (y >= 0 ? 1 : y + 1)],
  [tf.Sigmoid]: ["y", (y) => y * (1 - y)],
  [tf.Tanh]: ["y", (y) => 1 - y * y],
  [tf.Softplus]: ["x", sigmoid],
  [tf.Abs]: ["x", (x) => (x > 0 ? 1 : -1)],
  [tf.Square]: ["x", (x) => 2 * x],
  [tf.Sqrt]: ["x", (x) => 0.5 / Math.sqrt(x)],
  [tf.Rsqrt]: ["x", (x) => -0.5 * x ** -1.5],
  [tf.Reciprocal]: ["x", (x) => -1 / (x * x)],
  [tf.ClipByValue]: ["x", (x) => (x >= attrs.clipValueMin && x <= attrs.clipValueMax ? 1 : 0)],
};

/** Twice as wide as the others, so that relu6 has values above 6. */
const wide = (shape: number[]) => {
  const { values, ...rest } = floats(shape);
  return { ...rest, values: Float32Array.from(values, (value) => 4 * value) };
};

export function gradientCases(): Case[] {
  return [...unaryCases(), ...reductionGradCases(), ...multiplyReduceCases()];
}

function unaryCases(): Case[] {
  return Object.entries(slopes).flatMap(([of, [which, slope]]) =>
    SHAPES.map((shape): Case => {
      const ofPositive = of === tf.Sqrt || of === tf.Rsqrt || of === tf.Reciprocal;
      const [dy, saved] = [floats(shape), (ofPositive ? positive : wide)(shape)];
      return {
        kernel: `${of}Grad`,
        label: `[${shape}]`,
        inputs: { dy, [which]: saved },
        attrs,
        // 1 − y cancels where y is near 1.
        tolerance: { rtol: 2e-6, atol: 2e-6 },
        reference: () => [Float64Array.from(dy.values, (value, i) => value * slope(saved.values[i]!))],
      };
    }),
  );
}

/** Shapes, and the axes of a reduction. */
const reductions: readonly [number[], number[]][] = [
  [
    [2, 10, 10, 67],
    [1, 2],
  ],
  [
    [2, 5, 4, 3],
    [0, 1, 2],
  ],
  [[3, 5], [1]],
  [[3, 5], [0]],
  [
    [4, 33, 65],
    [2, 0],
  ],
  [
    [2, 3],
    [0, 1],
  ],
  [[6], []],
  [[], []],
];

/** For every value of a shape, the index of its sum. */
function sums(shape: readonly number[], kept: (axis: number) => boolean): number[] {
  let indices = [0];
  shape.forEach((size, axis) => {
    indices = indices.flatMap((index) =>
      Array.from({ length: size }, (_, i) => (kept(axis) ? index * size + i : index)),
    );
  });
  return indices;
}

function reductionGradCases(): Case[] {
  return reductions.flatMap(([shape, axes]) => {
    const dy = floats(shape.filter((_, axis) => !axes.includes(axis)));
    const size = axes.reduce((product, axis) => product * shape[axis]!, 1);
    return [1, size].map(
      (divisor): Case => ({
        kernel: ReductionGrad,
        label: `[${shape}] over ${axes}, divided by ${divisor}`,
        inputs: { dy },
        attrs: { shape, axes, divisor },
        tolerance: { rtol: 1e-7 },
        reference: () => [sums(shape, (axis) => !axes.includes(axis)).map((index) => dy.values[index]! / divisor)],
      }),
    );
  });
}

function multiplyReduceCases(): Case[] {
  return (
    [
      [
        [2, 10, 10, 67],
        [2, 1, 1, 67],
      ],
      [[2, 5, 4, 3], [3]],
      [
        [2, 5, 4, 3],
        [1, 3],
      ],
      [
        [64, 40],
        [64, 1],
      ],
      [[2, 3, 4], []],
      [
        [1, 5, 1, 3],
        [1, 1, 1, 3],
      ],
    ] as const
  ).map(([from, to]): Case => {
    const [a, b] = [floats([...from]), floats([...from])];
    return {
      kernel: MultiplyReduce,
      label: `[${from}] to [${to}]`,
      inputs: { a, b },
      attrs: { shape: to },
      tolerance: { rtol: 1e-6, atol: 1e-5 },
      reference: () => {
        const kept = (axis: number) => from[axis] === to[axis - from.length + to.length];
        const out = new Float64Array(tf.util.sizeFromShape([...to]));
        sums(from, kept).forEach((index, i) => {
          out[index]! += a.values[i]! * b.values[i]!;
        });
        return [out];
      },
    };
  });
}
