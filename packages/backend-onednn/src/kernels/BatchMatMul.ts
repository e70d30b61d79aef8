/** Products of matrices, or of batches of them with broadcasting along the batch axes. */
import {
  BatchMatMul,
  type BatchMatMulAttrs,
  type BatchMatMulInputs,
  type TensorInfo,
  util,
} from "@tensorflow/tfjs-core";
import { allFloat32, type OnednnBackend } from "../backend.js";
import { kernel } from "../register.js";

export const batchMatMul = kernel<BatchMatMulInputs, BatchMatMulAttrs>(
  BatchMatMul,
  ({ inputs: { a, b }, attrs: { transposeA, transposeB }, backend }) => product(backend, a, b, transposeA, transposeB),
  { other: "batches of different shapes, none of them a single matrix" },
);

/** The product, or `undefined` where the native kernel does not take it. */
export function product(
  backend: OnednnBackend,
  a: TensorInfo,
  b: TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
): TensorInfo | undefined {
  if (!allFloat32(a, b)) return undefined;
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [inner, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  const [outerA, outerB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [batchA, batchB] = [util.sizeFromShape(outerA), util.sizeFromShape(outerB)];
  const batch = Math.max(batchA, batchB);
  if (inner !== k || m * n * k * batchA * batchB === 0) return undefined;
  // Either the same batch on both sides, or one matrix for all.
  if (batchA !== 1 && batchB !== 1 && outerA.join() !== outerB.join()) return undefined;
  const outer =
    batchB === 1 && outerA.length >= outerB.length ? outerA : batchA === 1 ? longer(outerB, outerA) : outerA;
  const out = backend.make([...outer, m, n]);
  backend.addon.matmul(
    backend.floats(a),
    backend.floats(b),
    out.values,
    batch,
    m,
    n,
    k,
    transposeA ?? false,
    transposeB ?? false,
    batchA === 1,
    batchB === 1,
  );
  return out.info;
}

/** `shape` with ones in front, until it is as long as `other`. */
function longer(shape: number[], other: number[]): number[] {
  return [...Array<number>(Math.max(0, other.length - shape.length)).fill(1), ...shape];
}
