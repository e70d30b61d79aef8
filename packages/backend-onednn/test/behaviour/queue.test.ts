/** Kernels in a queue: they see what their inputs were when they were called, and what they throw is not lost. */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kernels } from "../../src/addon.js";
import type { OnednnBackend } from "../../src/backend.js";
import { loadAddon } from "../../src/load.js";
import { Queue } from "../../src/queue.js";
import { BACKEND } from "../../src/register.js";
import { digest } from "../support/digest.js";
import { type AddonFunction, exampleCalls, LARGE, SMALL } from "../support/example-calls.js";
import { usePooledBackend } from "../support/pooled-backend.js";
import { bundleProgram, runProgram } from "../support/program.js";

const direct = loadAddon();
const copied = <T>(value: T): T => structuredClone(value);
/** A digest of all arrays among the arguments of a call. */
const bitsOf = (args: unknown[]): string =>
  digest(args.flat().filter((value): value is Float32Array => ArrayBuffer.isView(value)));

describe("every kernel", () => {
  const names = Object.keys(direct.queue).filter((name) => name in direct) as (keyof Kernels)[];
  const { addon, queue } = (() => {
    const queue = new Queue(direct);
    return { queue, addon: queue.addon };
  })();

  test.each([
    ["small", SMALL],
    ["large", LARGE],
  ])("computes the same, %s", (_, sizes) => {
    const calls = exampleCalls(sizes);
    expect(names.length).toBeGreaterThan(40);
    for (const name of names) {
      for (const args of calls[name as AddonFunction]) {
        const later = copied(args);
        (direct[name] as (...args: unknown[]) => void)(...args);
        (addon[name] as (...args: unknown[]) => void)(...later);
        queue.finish();
        expect(bitsOf(later), name).toBe(bitsOf(args));
      }
    }
  });

  test("refuses arguments of wrong types at once, and others when it is waited for", async () => {
    const x = new Float32Array(4);
    expect(() => addon.fill(new Int32Array(4) as never, 1)).toThrow("fill: argument 0: expected a Float32Array");
    const wrong = () => addon.matmul(x, x, x, 1, 9, 9, 9, false, false, false, false);
    wrong();
    addon.fill(x, 2);
    expect(() => queue.finish()).toThrow("matmul: a: expected 81 elements, got 4");
    expect([...x]).toEqual([2, 2, 2, 2]);
    queue.finish();
    wrong();
    await expect(queue.done()).rejects.toThrow("matmul: a: expected 81 elements, got 4");
    await queue.done();
  });

  test("keeps what it uses, however long nobody waits", () => {
    const outputs: WeakRef<Float32Array>[] = [];
    const sum = new Float32Array(1);
    for (let i = 0; i < 3000; i++) {
      const part = new Float32Array(1000);
      outputs.push(new WeakRef(part));
      addon.fill(part, 1);
      addon.listDot([part], [part], sum);
    }
    queue.finish();
    expect(sum[0]).toBe(1000);
    expect(queue.idle).toBe(true);
    expect(outputs).toHaveLength(3000);
  });
});

test("what kernels use of their own is bounded, however long nobody waits", () => {
  const calls: number[] = [];
  const wait = (left: number) => calls.push(left);
  const queue = new Queue({ ...direct, queue: { ...direct.queue, finish: wait } });
  const [x, dims] = [new Float32Array(1 << 10), Int32Array.of(1 << 10, 1, 0)];
  const bytes = new Uint8Array(1 << 26);
  for (let i = 0; i < 6; i++) queue.addon.compare(1, x, new Float32Array(1), bytes, dims);
  expect(calls).toEqual([2, 2]);
  direct.queue.finish(0);
});

describe("a backend whose kernels run as late as they can", () => {
  beforeAll(async () => {
    usePooledBackend();
    await tf.setBackend(BACKEND);
  });
  afterAll(() => tf.setBackend("cpu"));

  test.each([5, 5000])("reads arrays of the user as they were at the call, %i numbers", (length) => {
    const [floats, integers, booleans] = [new Float32Array(length), new Int32Array(length), new Uint8Array(length)];
    const [x, i, b] = [
      tf.tensor1d(floats.fill(3)),
      tf.tensor1d(integers.fill(4)),
      tf.tensor1d(booleans.fill(1), "bool"),
    ];
    const results = [
      tf.relu(x),
      tf.add(x, tf.cast(i, "float32")),
      tf.where(b, x, tf.neg(x)),
      tf.gather(x, i.slice(0, 1)),
    ];
    const [y] = [tf.square(tf.neg(x))];
    floats.fill(7);
    integers.fill(0);
    booleans.fill(0);
    expect(results.map((result) => result.dataSync()[0])).toEqual([3, 7, 3, 3]);
    expect(y!.dataSync()[0]).toBe(9);
  });

  test("reads a tensor as it was, whoever writes to the array that was read of it", () => {
    const x = tf.fill([5], 2).mul(3);
    const values = x.dataSync();
    const y = x.square();
    values.fill(0);
    expect([...y.dataSync()]).toEqual([36, 36, 36, 36, 36]);
    const bits = x.greater(5);
    const read = bits.dataSync();
    const z = bits.cast("float32");
    read.fill(0);
    expect([...z.dataSync()]).toEqual([1, 1, 1, 1, 1]);
  });

  test("gives values of before, when an array is read while others are computed", async () => {
    const v = tf.variable(tf.fill([1000], 1));
    const [before, flags] = [v.mul(2), v.greater(0)];
    const reading = Promise.all([before.data(), v.data(), flags.data()]);
    tf.dispose([before, flags]);
    for (let i = 0; i < 20; i++) tf.tidy(() => v.assign(v.add(tf.fill([1000], 5))));
    const [twice, once, truth] = await reading;
    expect([twice[999], once[999], truth[999]]).toEqual([2, 1, 1]);
    expect(v.dataSync()[0]).toBe(101);
  });

  test("gives arrays that no kernel reads", async () => {
    const integers = tf.fill([300], 3).cast("int32");
    const reading = integers.data();
    const floats = integers.cast("float32");
    (await reading).fill(0);
    expect(floats.dataSync()[0]).toBe(3);
    const part = integers.slice([2], [100]).dataSync();
    const again = integers.cast("float32");
    part.fill(0);
    expect(again.dataSync()[5]).toBe(3);
    const own = new Float32Array(300).fill(3);
    const squares = tf.real(tf.complex(tf.tensor1d(own), tf.zeros([300]))).square();
    own.fill(0);
    expect(squares.dataSync()[5]).toBe(9);
  });

  test("writes to no pages that are still to be given back", () => {
    tf.dispose(tf.fill([1 << 20], 1).square());
    tf.zeros([1]).add(1).dataSync();
    (tf.backend() as OnednnBackend).trim();
    const x = tf.tensor1d(new Float32Array(1 << 20).fill(3));
    expect(x.add(1).dataSync()[1 << 19]).toBe(4);
  });

  test("other work goes on while values are awaited", async () => {
    const x = tf.randomUniform<tf.Rank.R2>([600, 600]);
    let y = x;
    for (let i = 0; i < 40; i++) y = tf.matMul(y, x).div(300);
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await y.data();
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});

describe("a process", () => {
  beforeAll(() => bundleProgram("leave"));

  test.each([
    ["process.exit", "exit", 7],
    ["an uncaught error", "throw", 1],
    ["the end of its program", "end", 0],
    ["the end of a worker", "worker", 0],
  ])("ends in peace with kernels in the queue: %s", async (_, how, expected) => {
    const { status, signal, stderr } = await runProgram("leave", [how]);
    expect([status, signal], stderr).toEqual([expected, null]);
  });
});
