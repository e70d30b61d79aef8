import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import { guardLeaks, TensorLeakError } from "@roga/tensor-utils";
import { useTestEngine } from "@roga/test-support";
import { beforeAll, expect, test } from "vitest";

beforeAll(useTestEngine);

test("returned tensors are no leak, wherever they stand in the result", () => {
  const result = guardLeaks("returns", () => ({ list: [tf.scalar(1)], map: { a: tf.scalar(2) }, number: 3 }));
  expect(result.map.a).toBeAllClose(2);
  tf.dispose([result.list, result.map]);
});

test("counts the tensors that were left", () => {
  const kept: tf.Tensor[] = [];
  const run = () =>
    guardLeaks("attention", () => {
      kept.push(tf.zeros([4]), tf.zeros([4]));
      const shown = tf.scalar(0);
      return [shown, shown];
    });
  let error: unknown;
  try {
    run();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(TensorLeakError);
  expect(error).toMatchObject({ name: "TensorLeakError", leaked: 2, returned: 1 });
  expect((error as Error).message).toBe(
    "attention: left 2 tensors besides the 1 it returned; memory grew by 36 bytes in all",
  );
  tf.dispose(kept);
});

test("a returned tensor that existed before hides no leak", () => {
  const old = tf.scalar(1);
  const kept: tf.Tensor[] = [];
  const run = () =>
    guardLeaks("identity", () => {
      kept.push(tf.scalar(2));
      return old;
    });
  expect(run).toThrow("left 1 tensors besides the 0 it returned");
  tf.dispose([old, ...kept]);
});

test("waits for asynchronous code, and lets its errors through", async () => {
  const kept: tf.Tensor[] = [];
  const leaking = guardLeaks("async", async () => {
    await Promise.resolve();
    kept.push(tf.scalar(1));
  });
  await expect(leaking).rejects.toThrow(TensorLeakError);
  tf.dispose(kept);
  await expect(guardLeaks("async", async () => 5)).resolves.toBe(5);
  await expect(guardLeaks("async", () => Promise.reject(new Error("own error")))).rejects.toThrow("own error");
});
