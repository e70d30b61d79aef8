/** Runs one computation on the JavaScript backend and on this one, every tensor of it in pooled memory. */
import "@tensorflow/tfjs";
import "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import type { OnednnBackend } from "../../src/backend.js";
import { BACKEND } from "../../src/register.js";
import { usePooledBackend } from "./pooled-backend.js";

export { array, generator, type Numbers } from "./arrays.js";

interface Result {
  shape: number[];
  dtype: string;
  values: number[];
}

/** Makes the pooled backend current; for `beforeAll`. */
export async function usePooled(): Promise<void> {
  tf.env().set("IS_TEST", true);
  usePooledBackend();
  await tf.setBackend(BACKEND);
  await tf.ready();
}

async function resultsOn(backend: string, f: () => tf.Tensor | tf.Tensor[]): Promise<Result[]> {
  await tf.setBackend(backend);
  return tf.tidy(() =>
    [f()].flat().map((tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, values: [...tensor.dataSync()] })),
  );
}

/**
 * Checks that both backends give the same, and that this one did it natively.
 *
 * @param f makes its own tensors, from values that do not depend on the backend
 */
export async function expectParity(
  f: () => tf.Tensor | tf.Tensor[],
  { rtol = 1e-6, atol = 1e-30, native = true } = {},
): Promise<void> {
  const expected = await resultsOn("cpu", f);
  await tf.setBackend(BACKEND);
  const { addon } = tf.backend() as OnednnBackend;
  const before = addon.kernelCalls();
  const actual = await resultsOn(BACKEND, f);
  if (native) expect(addon.kernelCalls()).toBeGreaterThan(before);
  expect(actual.map(({ shape, dtype }) => [shape, dtype])).toEqual(expected.map(({ shape, dtype }) => [shape, dtype]));
  expected.forEach(({ values }, index) => {
    expect(actual[index]!.values).toBeAllClose(values, { rtol, atol, nonFinite: "equal" });
  });
}
