/** What training leaves behind, step by step: no tensors, no bytes of the pool, no resident memory. */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OnednnBackend } from "../../src/backend.js";
import { BACKEND } from "../../src/register.js";
import type { Held } from "../programs/leak.js";
import { usePooledBackend } from "../support/pooled-backend.js";
import { bundleProgram, runProgram } from "../support/program.js";
import { SmallNet, TINY } from "../support/small-net.js";

beforeAll(async () => {
  await bundleProgram("leak");
  usePooledBackend();
  await tf.setBackend(BACKEND);
});
afterAll(() => tf.setBackend("cpu"));

async function heldAfter(...args: string[]): Promise<Held[]> {
  const { status, stdout, stderr } = await runProgram("leak", args, {
    environment: { ROGA_ONEDNN_SMALLEST_POOLED: "0" },
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Held[];
}

const MEBIBYTE = 2 ** 20;

test("every step of training leaves what it found", async () => {
  const snapshots = await heldAfter("1000");
  // The first steps make primitives, and the pool its first slab.
  const { step: _, resident: __, native, ...settled } = snapshots[2]!;
  expect(settled.inUse).toBeGreaterThan(0);
  for (const later of snapshots.slice(3)) expect(later).toMatchObject(settled);
  expect(snapshots.at(-1)!.native - native).toBeLessThan(8 * MEBIBYTE);
});

test("sizes that were once used do not keep a copy of the weights each", async () => {
  const snapshots = await heldAfter("120", "sizes");
  const { inUse, numTensors } = snapshots[0]!;
  for (const later of snapshots) expect(later).toMatchObject({ inUse, numTensors });
  // A copy of the filter for each of three primitives, and one of the matrix, were 2 MiB a size.
  expect(snapshots.at(-1)!.native - snapshots[1]!.native).toBeLessThan(60 * MEBIBYTE);
});

test("what a program read is as it was after a hundred steps more", async () => {
  const net = new SmallNet(TINY);
  const before = tf.memory().numTensors;
  const tensor = tf.tidy(() => tf.mul(tf.range(0, 1000), 0.5)) as tf.Tensor1D;
  const [now, later, buffer] = [tensor.dataSync(), await tensor.data(), tensor.bufferSync()];
  const pending = tensor.data();
  const weights = net.state();
  const copies = weights.map((values) => values.slice());
  tensor.dispose();
  for (let step = 0; step < 100; step++) net.step();
  (tf.backend() as OnednnBackend).trim();
  const expected = Array.from({ length: 1000 }, (_, i) => i / 2);
  for (const values of [now, later, buffer.values, await pending]) expect([...values]).toEqual(expected);
  expect(weights).toEqual(copies);
  expect(net.state()).not.toEqual(copies);
  expect(tf.memory().numTensors).toBe(before);
  net.dispose();
});
