/** List arithmetic against float64 sums, on the engine of the tests and on a backend with its kernels. */
import { expectNoTensorLeak } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { axpyList, combineLists, dotList, normList, OpInputError, scaleList, squaresList } from "../src/index.js";
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
          const combined = combineLists([factor, 1, 0.5], [xs, ys, xs]);
          shapes.forEach((shape, i) => {
            expect(combined[i]!.shape).toEqual(shape);
            expect(combined[i]!.flatten()).toBeAllClose(
              Float64Array.from(x[i]!, (value, j) => (alpha + 0.5) * value + y[i]![j]!),
              { rtol: 1e-6, atol: 2e-6 },
            );
          });
          if (shapes.length > 0) {
            const squares = x.map((values) => values.reduce((sum, value) => sum + value ** 2, 0));
            expect(squaresList(xs)).toBeAllClose(squares, close);
          }
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
    squaresList(xs);
    combineLists([1, 2], [xs, ys]);
    combineLists([tf.scalar(1), 2], [xs, ys], 1);
    const pairs = ["x0", "x1", "y0", "y1"];
    const four = ["x0", "x1", "x2", "x3"];
    expect(calls).toEqual(
      backend === "engine"
        ? []
        : [
            { kernel: "ListAxpy", inputs: pairs, attrs: { count: 2, alpha: 2 } },
            { kernel: "ListAxpy", inputs: [...pairs, "alpha"], attrs: { count: 2 } },
            { kernel: "ListScale", inputs: ["x0", "x1"], attrs: { count: 2, alpha: 0.5 } },
            { kernel: "ListNorm", inputs: ["x0", "x1"], attrs: { count: 2 } },
            { kernel: "ListDot", inputs: pairs, attrs: { count: 2 } },
            { kernel: "ListSquares", inputs: ["x0", "x1"], attrs: { count: 2 } },
            { kernel: "ListCombine", inputs: four, attrs: { count: 2, lists: 2, factors: [1, 2] } },
            { kernel: "ListCombine", inputs: [...four, "factors"], attrs: { count: 2, lists: 2, over: 1 } },
          ],
    );
  });

  it("takes empty lists without a kernel", () => {
    expect([axpyList(1, [], []), scaleList(1, []), combineLists([1], [[]])]).toEqual([[], [], []]);
    expect([normList([]).dataSync()[0], dotList([], []).dataSync()[0]]).toEqual([0, 0]);
    expect(calls).toEqual([]);
  });

  it("leaves its results and nothing else", () => {
    const [xs, ys] = [random([[2], [3, 2]], 1), random([[2], [3, 2]], 5)];
    expectNoTensorLeak(() => tf.dispose(axpyList(2, xs, ys)));
    expectNoTensorLeak(() => tf.dispose(scaleList(2, xs)));
    expectNoTensorLeak(() => tf.dispose([normList(xs), dotList(xs, ys), squaresList(xs)]));
    expectNoTensorLeak(() => tf.dispose(combineLists([1, 2], [xs, ys])));
  });

  it("gives a list's tensors to the result, and leaves what others see of them", () => {
    for (const factor of [2, tf.scalar(2)]) {
      const [xs, ys] = [random([[2], [3, 2]], 1), random([[2], [3, 2]], 5)];
      const seen = tf.clone(ys[0]!);
      const [before, expected] = [numbers([seen]), numbers(combineLists([factor, 1], [xs, ys]))];
      const sums = combineLists([factor, 1], [xs, ys], 1);
      expect(ys.map(({ isDisposed }) => isDisposed)).toEqual([true, true]);
      expect(numbers(sums)).toEqual(expected);
      expect(numbers([seen])).toEqual(before);
      // The same tensors in two lists: the other one is read to the end.
      const doubled = combineLists([factor, 1], [sums, sums.map((sum) => tf.clone(sum))], 0);
      expect(numbers(doubled)).toEqual(expected.map((values) => values.map((value) => Math.fround(3 * value))));
    }
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
    ["squaresList: xs: expected at least one tensor, got none", () => squaresList([])],
    ["combineLists: lists: expected at least one list, got none", () => combineLists([], [])],
    ["combineLists: factors: expected 1 of them, got 2", () => combineLists([1, 2], [[float()]])],
    ["combineLists: over: expected an integer from 0 to 0, got 1", () => combineLists([1], [[float()]], 1)],
    ["combineLists: lists[1]: expected 1 tensors, got 0", () => combineLists([1, 1], [[float()], []])],
    ["dotList: ys[0]: expected float32 [2], got int32 [2]", () => dotList([float()], [tf.zeros([2], "int32")])],
  ])("%s", (message, call) => {
    expect(call).toThrow(OpInputError);
    expect(call).toThrow(message);
    expect(calls).toEqual([]);
  });
});
