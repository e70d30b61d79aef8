/** Memory of tensors: what is handed out stays valid, what is shared is not written, and nothing is lost. */
import "@tensorflow/tfjs";
import "@roga/test-support";
import { axpyList, sgdUpdate } from "@roga/ops";
import { expectNoTensorLeak } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { OnednnBackend } from "../../src/backend.js";
import { BACKEND } from "../../src/register.js";
import { usePooledBackend } from "../support/pooled-backend.js";

beforeAll(() => {
  tf.env().set("IS_TEST", true);
  usePooledBackend();
});
beforeEach(() => tf.setBackend(BACKEND));
afterAll(() => tf.setBackend("cpu"));

const inUse = () => (tf.backend() as OnednnBackend).memory().arena.inUse;
/** A tensor in the pool. */
const pooled = (values: number[]) => tf.tidy(() => tf.mul(tf.tensor1d(values), 1));
/** Uses the pool, so that whatever was freed is overwritten. */
const scribble = (length: number) => tf.tidy(() => Array.from({ length: 50 }, () => tf.fill([length], -77)));

test("values that were read stay when their tensor is gone", async () => {
  const tensor = pooled([1, 2, 3]);
  const [now, later, all] = [tensor.dataSync(), tensor.data(), tensor.arraySync()];
  const buffer = tensor.bufferSync();
  const bytes = tensor.data().then((values) => values.slice());
  tensor.dispose();
  scribble(3);
  expect([[...now], [...(await later)], all, [...buffer.values], [...(await bytes)]]).toEqual(Array(5).fill([1, 2, 3]));
});

test("values that were read may be written without harm", () => {
  const tensor = pooled([1, 2, 3]);
  tensor.dataSync().fill(9);
  tensor.bufferSync().set(9, 1);
  expect([...tensor.dataSync()]).toEqual([1, 2, 3]);
  tensor.dispose();
});

test("arrays that a program hands in are not written", () => {
  const mine = Float32Array.of(1, 2, 3);
  const variable = tf.variable(tf.tensor1d(mine));
  const gradient = tf.tensor1d([1, 1, 1]);
  sgdUpdate([variable], [gradient], undefined, { learningRate: 1 });
  expect([...variable.dataSync()]).toEqual([0, 1, 2]);
  expect([...mine]).toEqual([1, 2, 3]);
  tf.dispose([variable, gradient]);
});

test("an update in place leaves clones, views and saved values alone", () => {
  const start = pooled([1, 2, 3, 4]);
  const variable = tf.variable(start);
  start.dispose();
  const copies = [variable.clone(), tf.reshape(variable, [2, 2]), tf.squeeze(variable)];
  const gradient = pooled([1, 1, 1, 1]);
  for (let step = 1; step <= 3; step++) sgdUpdate([variable], [gradient], undefined, { learningRate: 1 });
  for (const copy of copies) expect([...copy.dataSync()]).toEqual([1, 2, 3, 4]);
  expect([...variable.dataSync()]).toEqual([-2, -1, 0, 1]);
  tf.dispose(copies);
  // Now that nobody else sees it, it may be written where it is.
  const before = inUse();
  for (let step = 1; step <= 3; step++) sgdUpdate([variable], [gradient], undefined, { learningRate: 1 });
  expect(inUse()).toBe(before);
  expect([...variable.dataSync()]).toEqual([-5, -4, -3, -2]);
  tf.dispose([variable, gradient]);
});

test("what a variable was is kept by who assigned it", () => {
  const first = pooled([1, 2]);
  const variable = tf.variable(first);
  const second = pooled([3, 4]);
  variable.assign(second);
  second.dispose();
  scribble(2);
  expect([...first.dataSync()]).toEqual([1, 2]);
  expect([...variable.dataSync()]).toEqual([3, 4]);
  tf.dispose([first, variable]);
});

test("lists are not changed by what is computed of them", () => {
  const [x, y] = [
    [pooled([1, 2]), pooled([3])],
    [pooled([10, 20]), pooled([30])],
  ];
  const sums = axpyList(2, x, y);
  expect([...sums, ...x, ...y].map((tensor) => [...tensor.dataSync()])).toEqual([
    [12, 24],
    [36],
    [1, 2],
    [3],
    [10, 20],
    [30],
  ]);
  tf.dispose([sums, x, y]);
});

test("the pool's memory in use goes up and down with the tensors", () => {
  const before = { inUse: inUse(), ...tf.memory() };
  const tensors = Array.from({ length: 10 }, () => tf.tidy(() => tf.add(tf.zeros([1000]), 1)));
  expect(inUse() - before.inUse).toBeGreaterThanOrEqual(10 * 4000);
  expect(tf.memory().numBytes - before.numBytes).toBe(10 * 4000);
  const clones = tensors.map((tensor) => tensor.clone());
  expect(tf.memory().numDataBuffers - before.numDataBuffers).toBe(10);
  tf.dispose(tensors);
  expect(inUse() - before.inUse).toBeGreaterThanOrEqual(10 * 4000);
  tf.dispose(clones);
  expect(inUse()).toBe(before.inUse);
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect((tf.memory() as { unreliable?: boolean }).unreliable).toBeFalsy();
});

test("what JavaScript kernels make of pooled tensors has memory of its own", () => {
  const source = pooled([0, 1, 2, 3, 4, 5]);
  const square = tf.reshape(source, [2, 3]);
  const made = [
    tf.slice(source, [2], [3]),
    tf.slice(square, [1, 0], [1, 3]),
    tf.stridedSlice(source, [1], [6], [2]),
    tf.reverse(source),
    tf.gather(source, tf.tensor1d([5, 0], "int32")),
    ...tf.unstack(square),
    ...tf.split(square, [1, 2], 1),
    tf.real(tf.complex(source, source)),
    tf.cast(tf.cast(source, "int32"), "float32"),
  ];
  // What a kernel made on its way, and let go, was not its own.
  tf.tidy(() => tf.concat([tf.complex(source, source), tf.complex(source, source)]));
  const expected = made.map((tensor) => [...tensor.dataSync()]);
  tf.dispose([source, square]);
  scribble(6);
  expect(made.map((tensor) => [...tensor.dataSync()])).toEqual(expected);
  expect(expected[0]).toEqual([2, 3, 4]);
  tf.dispose(made);
  tf.disposeVariables();
});

test("tensors move between backends, and operations take them from both", async () => {
  await tf.setBackend("cpu");
  const [a, b] = [tf.tensor1d([1, 2]), tf.tensor1d([5])];
  await tf.setBackend(BACKEND);
  const [c, before] = [pooled([10, 20]), inUse()];
  await expectNoTensorLeak(async () => {
    const sum = tf.tidy(() => tf.addN([tf.add(a, c), tf.mul(a, b)] as tf.Tensor1D[]));
    expect([...sum.dataSync()]).toEqual([16, 32]);
    await tf.setBackend("cpu");
    const again = tf.sub(sum, c);
    expect([...again.dataSync()]).toEqual([6, 12]);
    tf.dispose([sum, again]);
  });
  // c went over to the other backend.
  await tf.setBackend(BACKEND);
  expect(inUse()).toBeLessThan(before);
  expect([...tf.tidy(() => tf.add(c, 0)).dataSync()]).toEqual([10, 20]);
  expect([...a.dataSync()]).toEqual([1, 2]);
  tf.disposeVariables();
  tf.dispose([a, b, c]);
});

test("a tensor that no memory can hold is refused, and the next one is not", () => {
  const before = tf.memory().numTensors;
  // More than addresses reach, and more than there is.
  for (const rows of [2 ** 26, 2 ** 20]) {
    expect(() => tf.tidy(() => tf.fill([rows, 2 ** 20], 1))).toThrow(RangeError);
  }
  expect(tf.memory().numTensors).toBe(before);
  expect([...tf.tidy(() => tf.fill([3], 2)).dataSync()]).toEqual([2, 2, 2]);
});
