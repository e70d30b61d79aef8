/** Runs one computation on the JavaScript backend and on this one, every tensor of it in pooled memory. */
import "@tensorflow/tfjs";
import "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import type { OnednnBackend } from "../../src/backend.js";
import { BACKEND } from "../../src/register.js";
import { usePooledBackend } from "./pooled-backend.js";

/** What an array is made of: uniform numbers, and now and then what is not finite where `special` says so. */
export interface Numbers {
  readonly from?: number;
  readonly to?: number;
  readonly special?: boolean;
}

/** Repeatable random numbers (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SPECIAL = [Number.NaN, Infinity, -Infinity, 0, -0, 1e-40, 3e38, -3e38];

export function array(shape: number[], seed: number, { from = -3, to = 3, special = false }: Numbers = {}) {
  const random = generator(seed);
  return Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () =>
    special && random() < 0.1 ? SPECIAL[Math.floor(random() * SPECIAL.length)]! : from + (to - from) * random(),
  );
}

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
