/** Where there is no memory, the error says for how much, nothing is lost, and training goes on. */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Arena } from "../../src/arena.js";
import type { OnednnBackend } from "../../src/backend.js";
import "../../src/index.js";
import { BACKEND } from "../../src/register.js";
import type { Told } from "../programs/out-of-memory.js";
import { bundleProgram, runProgram } from "../support/program.js";
import { TINY, train } from "../support/small-net.js";

beforeAll(() => tf.setBackend(BACKEND));
afterAll(() => tf.setBackend("cpu"));

it("refuses a tensor of 2^40 numbers, and goes on", () => {
  const before = tf.memory();
  expect(() => tf.tidy(() => tf.fill([2 ** 20, 2 ** 20], 1))).toThrow(RangeError);
  expect(() => tf.tidy(() => tf.fill([2 ** 20, 2 ** 20], 1))).toThrow(`${4 * 2 ** 40} bytes`);
  expect(tf.memory()).toEqual(before);
  expect(train(TINY, 2)[0]!.every(Number.isFinite)).toBe(true);
});

it("refuses an array longer than Node.js makes them, and has its memory for others", () => {
  const { addon } = tf.backend() as OnednnBackend;
  const slabs: number[] = [];
  // Address space alone: a range that is shorter than was asked for stands for one that no array can cover.
  const reserveSlab = (bytes: number) => {
    slabs.push(bytes);
    return addon.reserveSlab(4096);
  };
  const arena = new Arena(
    { reserveSlab, releasePages: addon.releasePages },
    { slabBytes: 2 ** 20, maxIdleBytes: 2 ** 30 },
  );
  expect(() => arena.allocate(2 ** 18)).toThrow(RangeError);
  expect(() => arena.allocate(2 ** 18)).toThrow(`${2 ** 18}`);
  expect(arena.use()).toEqual({ inUse: 0, idle: 0, peak: 0 });
  expect(arena.allocate(1024)).toHaveLength(1024);
  expect(slabs).toEqual([2 ** 20]);
});

describe.skipIf(process.platform !== "linux")("in a process that may use little", () => {
  beforeAll(() => bundleProgram("out-of-memory"));

  it("says how much there was not, and goes on", async () => {
    const size = Number((await runProgram("out-of-memory", ["size"])).stdout);
    const { status, stdout, stderr } = await runProgram("out-of-memory", [], { kibibytes: size + 1.5 * 2 ** 20 });
    if (status !== 0) throw new Error(stderr);
    const { errors, losses, before, after } = JSON.parse(stdout) as Told;
    expect(errors.map(([name]) => name)).toEqual(Array(3).fill("RangeError"));
    const [tensor, depthwise, convolution] = errors.map(([, message]) => message);
    expect(tensor).toMatch(/^reserveSlab: no 4294967296 bytes of memory$/);
    expect(depthwise).toMatch(/^depthwiseBackward: no \d{10} bytes of memory$/);
    expect(convolution).toMatch(/^convolution: no \d{9} bytes of memory$/);
    expect(after).toEqual(before);
    expect(losses).toHaveLength(3);
    expect(losses[2]).toBeLessThan(losses[0]!);
  });
});
