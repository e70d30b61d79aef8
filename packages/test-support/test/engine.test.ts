import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import { expectNoTensorLeak, useTestEngine } from "@roga/test-support";
import { afterEach, beforeAll, expect, test, vi } from "vitest";

beforeAll(useTestEngine);
afterEach(() => vi.restoreAllMocks());

test("useTestEngine makes the engine current and keeps it quiet", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  tf.tidy(() => tf.scalar(1).add(1).dataSync());
  expect(tf.getBackend()).toBe(process.env.ROGA_TEST_ENGINE || "cpu");
  expect(warn).not.toHaveBeenCalled();
});

test("expectNoTensorLeak counts tensors of synchronous code", () => {
  expect(expectNoTensorLeak(() => tf.tidy(() => tf.scalar(2).square().dataSync()[0]))).toBe(4);
  let kept: tf.Tensor | undefined;
  expect(() =>
    expectNoTensorLeak(() => {
      kept = tf.scalar(1);
    }),
  ).toThrow("expected 0 more tensors afterwards, got 1");
  expectNoTensorLeak(() => kept?.dispose(), -1);
  expectNoTensorLeak(() => tf.scalar(1), 1).dispose();
});

test("expectNoTensorLeak waits for asynchronous code", async () => {
  const kept: tf.Tensor[] = [];
  await expect(
    expectNoTensorLeak(async () => {
      await Promise.resolve();
      kept.push(tf.scalar(1), tf.scalar(2));
    }),
  ).rejects.toThrow("got 2");
  tf.dispose(kept);
  await expect(expectNoTensorLeak(async () => "value")).resolves.toBe("value");
});
