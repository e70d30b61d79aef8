/** Filters that are kept in another order between calls of inference: what they give is what the filter holds now. */
import "@tensorflow/tfjs";
import "@roga/test-support";
import { sgdUpdate } from "@roga/ops";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { OnednnBackend } from "../../src/backend.js";
import { FilterPanels } from "../../src/filter-panels.js";
import { setPrecision } from "../../src/index.js";
import { loadAddon } from "../../src/load.js";
import { BACKEND } from "../../src/register.js";
import { usePooledBackend } from "../support/pooled-backend.js";

beforeAll(() => {
  tf.env().set("IS_TEST", true);
  usePooledBackend();
});
beforeEach(() => tf.setBackend(BACKEND));
afterAll(() => tf.setBackend("cpu"));

const [C, D] = [20, 37];
const backend = () => tf.backend() as OnednnBackend;
const inUse = () => backend().memory().arena.inUse;
/** A filter in the pool, each of whose weights is `value`. */
const filled = (value: number): tf.Tensor4D => tf.fill([1, 1, C, D], value);

/** What one of the outputs of a 1×1 convolution of ones is: C times the weight that the filter is full of. */
function infer(filter: tf.Tensor4D): number {
  return tf.tidy(() => {
    const values = tf.fused
      .conv2d({ x: tf.ones<tf.Rank.R4>([1, 3, 5, C]), filter, strides: 1, pad: "same" })
      .dataSync();
    expect(new Set(values).size).toBe(1);
    return values[0]!;
  });
}
const inferOften = (filter: tf.Tensor4D) => Array.from({ length: 3 }, () => infer(filter));

test("a filter that is used again is kept, and goes with its tensor", () => {
  const before = inUse();
  const filter = filled(1);
  const alone = inUse();
  infer(filter);
  expect(inUse()).toBe(alone);
  expect(inferOften(filter)).toEqual([C, C, C]);
  const kept = inUse();
  expect(kept).toBeGreaterThan(alone);
  expect(inferOften(filter)).toEqual([C, C, C]);
  expect(inUse()).toBe(kept);
  filter.dispose();
  expect(inUse()).toBe(before);
});

test("a filter in memory that another had is not taken for it", () => {
  for (const value of [1, 2, 3, 4]) {
    const filter = filled(value);
    expect(inferOften(filter)).toEqual([C * value, C * value, C * value]);
    filter.dispose();
  }
});

test("a variable is seen as it was assigned", () => {
  const start = filled(1);
  const variable = tf.variable(start);
  start.dispose();
  for (const value of [2, 3]) {
    inferOften(variable as tf.Tensor4D);
    const next = filled(value);
    variable.assign(next);
    next.dispose();
    expect(inferOften(variable as tf.Tensor4D)).toEqual([C * value, C * value, C * value]);
  }
  variable.dispose();
});

test("a variable is seen as it was updated in place", () => {
  const start = filled(8);
  const variable = tf.variable(start);
  start.dispose();
  const gradient = filled(1);
  for (let step = 1; step <= 3; step++) {
    const { dataId } = variable;
    inferOften(variable as tf.Tensor4D);
    sgdUpdate([variable], [gradient], undefined, { learningRate: 1 });
    expect(variable.dataId).toBe(dataId);
    expect(inferOften(variable as tf.Tensor4D)).toEqual(Array(3).fill(C * (8 - step)));
  }
  tf.dispose([variable, gradient]);
});

test("an array that a program handed in is copied once it is kept, and then stays as it was", () => {
  const mine = new Float32Array(C * D).fill(1);
  const filter = tf.tensor4d(mine, [1, 1, C, D]);
  expect(inferOften(filter)).toEqual([C, C, C]);
  mine.fill(5);
  filter.dataSync().fill(6);
  expect(inferOften(filter)).toEqual([C, C, C]);
  expect(filter.dataSync()[0]).toBe(1);
  filter.dispose();
});

test("the same numbers in another shape are another filter", () => {
  const filter = filled(1);
  inferOften(filter);
  const turned = tf.reshape<tf.Rank.R4>(filter, [1, 1, D, C]);
  const outputs = () =>
    tf.tidy(() =>
      tf.fused.conv2d({ x: tf.ones<tf.Rank.R4>([1, 2, 2, D]), filter: turned, strides: 1, pad: 0 }).dataSync(),
    );
  for (let i = 0; i < 3; i++) expect(new Set(outputs())).toEqual(new Set([D]));
  expect(inferOften(filter)).toEqual([C, C, C]);
  tf.dispose([filter, turned]);
});

test("a filter follows the precision", (context) => {
  try {
    setPrecision("bfloat16");
  } catch {
    context.skip();
  }
  try {
    // A weight that bfloat16 rounds to 1.
    const weight = 1 + 2 ** -10;
    const filter = filled(weight);
    expect(inferOften(filter)).toEqual([C, C, C]);
    setPrecision("float32");
    for (const value of inferOften(filter)) expect(value).toBeGreaterThan(C);
    filter.dispose();
  } finally {
    setPrecision("float32");
  }
});

test("more than the bound is not kept", () => {
  const [addon, size] = [loadAddon(), loadAddon().panelSize(C, D)];
  const live = new Set<Float32Array>();
  const panels = new FilterPanels(
    addon,
    {
      allocate(length) {
        const values = new Float32Array(length);
        live.add(values);
        return values;
      },
      release: (values) => live.delete(values),
      owned: () => new Float32Array(C * D),
    },
    2 * size * 4,
  );
  const filters = [1, 2, 3].map((id) => ({ dataId: { id }, shape: [1, 1, C, D], dtype: "float32" as const }));
  const use = (index: number) => panels.of(filters[index]!, C, D);
  expect([0, 1, 2].map(use)).toEqual([undefined, undefined, undefined]);
  const [first, second] = [use(0), use(1)];
  expect(use(0)).toBe(first);
  const third = use(2);
  expect(live).toEqual(new Set([first, third]));
  expect(use(1)).not.toBe(second);
  expect(live.size).toBe(2);
  panels.clear();
  expect(live.size).toBe(0);
});
