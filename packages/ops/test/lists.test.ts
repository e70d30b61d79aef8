/** List arithmetic against float64 sums, on the engine of the tests and on a backend with its kernels. */
import { expectNoTensorLeak } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { axpyList, dotList, normList, OpInputError, scaleList } from "../src/index.js";
import { calls, useBackend } from "./support/kernel-backend.js";

const shapes = fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }), { maxLength: 5 });
const random = (shapes: readonly number[][], seed: number) =>
  shapes.map((shape, i) => tf.randomNormal(shape, 0, 1, "float32", seed + i));
const numbers = (tensors: readonly tf.Tensor[]) => tensors.map((tensor) => Array.from(tensor.dataSync()));

describe.each(["engine", "kernels"] as const)("on the %s", (backend) => {
  beforeEach(() => useBackend(backend));

  it("agrees with float64 arithmetic, whatever the shapes", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 1e6 }), fc.boolean(), (shapes, seed, onDevice) => {
        tf.tidy(() => {
          const [xs, ys] = [random(shapes, seed), random(shapes, seed + 100)];
          const [x, y] = [numbers(xs), numbers(ys)];
          const alpha = Math.fround(-1.3);
          const factor = onDevice ? tf.scalar(alpha) : -1.3;
          const sums = axpyList(factor, xs, ys);
          const scaled = scaleList(factor, xs);
          expect([sums, scaled].map((list) => list.map(({ shape }) => shape))).toEqual([shapes, shapes]);
          const close = { rtol: 1e-6, atol: 1e-6 };
          shapes.forEach((_, i) => {
            expect(sums[i]!.flatten()).toBeAllClose(
              Float64Array.from(x[i]!, (value, j) => alpha * value + y[i]![j]!),
              close,
            );
            expect(scaled[i]!.flatten()).toBeAllClose(
              Float64Array.from(x[i]!, (value) => alpha * value),
              close,
            );
          });
          const [p, q] = [x.flat(), y.flat()];
          const product = p.reduce((sum, value, i) => sum + value * q[i]!, 0);
          expect(dotList(xs, ys)).toBeAllClose(product, { rtol: 1e-5, atol: 1e-5 });
          expect(normList(xs)).toBeAllClose(Math.sqrt(p.reduce((sum, value) => sum + value ** 2, 0)), close);
        });
      }),
      { numRuns: 50 },
    );
  });

  it("runs one kernel over the whole list where it is there", () => {
    const [xs, ys] = [random([[2], [3]], 1), random([[2], [3]], 5)];
    axpyList(2, xs, ys);
    axpyList(tf.scalar(2), xs, ys);
    scaleList(0.5, xs);
    normList(xs);
    dotList(xs, ys);
    const pairs = ["x0", "x1", "y0", "y1"];
    expect(calls).toEqual(
      backend === "engine"
        ? []
        : [
            { kernel: "ListAxpy", inputs: pairs, attrs: { count: 2, alpha: 2 } },
            { kernel: "ListAxpy", inputs: [...pairs, "alpha"], attrs: { count: 2 } },
            { kernel: "ListScale", inputs: ["x0", "x1"], attrs: { count: 2, alpha: 0.5 } },
            { kernel: "ListNorm", inputs: ["x0", "x1"], attrs: { count: 2 } },
            { kernel: "ListDot", inputs: pairs, attrs: { count: 2 } },
          ],
    );
  });

  it("takes empty lists without a kernel", () => {
    expect([axpyList(1, [], []), scaleList(1, [])]).toEqual([[], []]);
    expect([normList([]).dataSync()[0], dotList([], []).dataSync()[0]]).toEqual([0, 0]);
    expect(calls).toEqual([]);
  });

  it("leaves its results and nothing else", () => {
    const [xs, ys] = [random([[2], [3, 2]], 1), random([[2], [3, 2]], 5)];
    expectNoTensorLeak(() => tf.dispose(axpyList(2, xs, ys)));
    expectNoTensorLeak(() => tf.dispose(scaleList(2, xs)));
    expectNoTensorLeak(() => tf.dispose([normList(xs), dotList(xs, ys)]));
  });
});

describe("bad inputs", () => {
  beforeEach(() => useBackend("kernels"));
  const float = () => tf.zeros([2]);

  it.each([
    ["axpyList: ys: expected 1 tensors, got 0", () => axpyList(1, [float()], [])],
    ["axpyList: ys[0]: expected float32 [2], got float32 [1,2]", () => axpyList(1, [float()], [tf.zeros([1, 2])])],
    [
      "axpyList: alpha: expected a number or a float32 scalar, got float32 [2]",
      () => axpyList(float() as unknown as tf.Scalar, [], []),
    ],
    [
      "scaleList: xs[1]: expected a float32 tensor, got int32 [2]",
      () => scaleList(1, [float(), tf.zeros([2], "int32")]),
    ],
    ["normList: xs[0]: expected a float32 tensor, got bool []", () => normList([tf.scalar(true)])],
    ["dotList: ys[0]: expected float32 [2], got int32 [2]", () => dotList([float()], [tf.zeros([2], "int32")])],
  ])("%s", (message, call) => {
    expect(call).toThrow(OpInputError);
    expect(call).toThrow(message);
    expect(calls).toEqual([]);
  });
});
