/** Cases of matrix products. */
import { _FusedMatMul, BatchMatMul } from "@tensorflow/tfjs-core";
import { type Case, floats, integers, special, type Values } from "./case.js";

/** [batch of a, batch of b, m, k, n]. */
const SIZES: [number[], number[], number, number, number][] = [
  [[1], [1], 1, 1, 1],
  [[1], [1], 3, 5, 7],
  [[1], [1], 17, 728, 1],
  [[1], [1], 1, 2048, 3],
  [[1], [1], 65, 33, 127],
  [[1], [1], 300, 129, 130],
  [[4], [4], 5, 6, 7],
  [[4], [1], 5, 6, 7],
  [[1], [4], 5, 6, 7],
  [[2, 3], [2, 3], 9, 4, 2],
  [[2, 3], [1, 1], 9, 4, 2],
  [[1], [2, 3], 9, 4, 2],
  [[5], [5], 65, 40, 70],
  [[3, 1], [1, 2], 4, 5, 6],
  [[1], [1], 0, 3, 4],
  [[1], [1], 3, 4, 0],
  [[1], [1], 3, 0, 4],
  [[0], [0], 3, 2, 4],
];

const ACTIVATIONS = ["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"];

function operands(size: (typeof SIZES)[number], transposeA: boolean, transposeB: boolean, make = floats) {
  const [batchA, batchB, m, k, n] = size;
  return {
    a: make([...batchA, ...(transposeA ? [k, m] : [m, k])]),
    b: make([...batchB, ...(transposeB ? [n, k] : [k, n])]),
  };
}

export function matmulCases(): Case[] {
  const cases: Case[] = [];
  for (const size of SIZES) {
    const [batchA, batchB, m, k, n] = size;
    const product = batchA.concat(batchB, m, k, n).every((length) => length > 0);
    const broadcast = batchA.join() === "3,1";
    for (const [transposeA, transposeB] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      cases.push({
        kernel: BatchMatMul,
        label: `${JSON.stringify(size)} ${transposeA ? "aᵀ" : "a"} ${transposeB ? "bᵀ" : "b"}`,
        inputs: operands(size, transposeA, transposeB),
        attrs: { transposeA, transposeB },
        tolerance: { terms: k + 1 },
        native: product && !broadcast,
      });
    }
  }
  const plain = { transposeA: false, transposeB: false };
  for (const size of [SIZES[1]!, SIZES[4]!]) {
    cases.push({
      kernel: BatchMatMul,
      label: `${JSON.stringify(size)}, not finite`,
      inputs: operands(size, false, false, sparseSpecial),
      attrs: plain,
      tolerance: { terms: size[3] + 1 },
    });
  }
  const square = floats([31, 31]);
  for (const transposeB of [false, true]) {
    const inputs = { a: reshaped(square), b: reshaped(square) };
    cases.push({
      kernel: BatchMatMul,
      label: "a square",
      inputs,
      attrs: { transposeA: false, transposeB },
      tolerance: { terms: 32 },
    });
  }
  const whole = { a: integers([1, 2, 3]), b: integers([1, 3, 2]) };
  cases.push({
    kernel: BatchMatMul,
    label: "integers",
    inputs: whole,
    attrs: plain,
    tolerance: "exact",
    native: false,
  });
  return [...cases, ...fusedCases()];
}

const reshaped = (matrix: Values): Values => ({ ...matrix, shape: [1, ...matrix.shape] });
const sparseSpecial = (shape: number[]): Values => special(shape, 0.01);

function fusedCases(): Case[] {
  const cases: Case[] = [];
  for (const activation of ACTIVATIONS) {
    for (const biased of [false, true]) {
      for (const [index, size] of [SIZES[1]!, SIZES[4]!, SIZES[7]!].entries()) {
        const n = size[4];
        cases.push({
          kernel: _FusedMatMul,
          label: `${JSON.stringify(size)} ${biased ? "bias, " : ""}${activation}`,
          inputs: {
            ...operands(size, index === 1, index === 2),
            ...(biased && { bias: floats([n]) }),
            ...(activation === "prelu" && { preluActivationWeights: floats([n], () => 0.2) }),
          },
          attrs: { transposeA: index === 1, transposeB: index === 2, activation, leakyreluAlpha: 0.1 },
          tolerance: { terms: size[3] + 2, rtol: 4e-7, atol: 2e-7 },
          native: activation !== "prelu",
        });
      }
    }
  }
  return cases;
}
