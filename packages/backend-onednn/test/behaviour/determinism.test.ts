/**
 * What is promised about repeatability: with the same number of threads, level of instructions, version of oneDNN and
 * machine, training gives the same bits, in one process and from one process to another, wherever in memory tensors
 * happen to lie. With another number of threads sums are made of other parts: there only closeness is promised.
 */
import "@tensorflow/tfjs";
import "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { getThreads, setThreads } from "../../src/index.js";
import { BACKEND } from "../../src/register.js";
import { digest } from "../support/digest.js";
import { bundleProgram, runProgram } from "../support/program.js";
import { SHARED, TINY, train } from "../support/small-net.js";

const STEPS = 20;

let threadsBefore: number;
beforeAll(async () => {
  await bundleProgram("determinism");
  await tf.setBackend(BACKEND);
  threadsBefore = getThreads();
});
afterAll(() => {
  setThreads(threadsBefore);
  return tf.setBackend("cpu");
});

describe.each([1, 2])("training on %i threads", (threads) => {
  it("gives the same bits in one process and in another", async () => {
    setThreads(threads);
    const first = train(SHARED, STEPS);
    expect(first.flatMap((values) => [...values]).every(Number.isFinite)).toBe(true);
    expect(first[0]![STEPS - 1]).toBeLessThan(0.8 * first[0]![0]!);
    // Tensors of other sizes in between: what follows lies elsewhere, and starts with other contents.
    const elsewhere = [tf.fill([3, 1001], 7), tf.fill([12_345], -7)];
    train(TINY, 2, 3);
    const again = train(SHARED, STEPS);
    tf.dispose(elsewhere);
    expect(digest(again)).toBe(digest(first));
    const other = await runProgram("determinism", [String(threads), String(STEPS)]);
    expect([other.status, other.stdout.split("\n")[0]]).toEqual([0, digest(first)]);
  });
});

it("another number of threads gives close results, and the digest would show a difference of one bit", () => {
  setThreads(1);
  const one = train(SHARED, 1);
  setThreads(2);
  const two = train(SHARED, 1);
  one.forEach((values, index) => {
    expect(two[index]).toBeAllClose(values, { rtol: 1e-4, atol: 1e-6 });
  });
  const changed = one.map((values) => values.slice());
  const bits = new Uint32Array(changed[1]!.buffer);
  bits[0]! ^= 1;
  expect(digest(changed)).not.toBe(digest(one));
});
