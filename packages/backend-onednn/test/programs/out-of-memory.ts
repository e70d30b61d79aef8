/**
 * Asks for tensors and for scratch memory that there is not, in a process whose address space is bounded, and prints as
 * one line of JSON what it was told and how training goes on. Without that, with the argument "size", the kibibytes of
 * address space that it had at most.
 */
import "@tensorflow/tfjs";
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import "../../src/index.js";
import type { OnednnBackend } from "../../src/backend.js";
import { SmallNet, TINY } from "../support/small-net.js";

/** What the process printed. */
export interface Told {
  /** Of each attempt, the name and the message of its error. */
  errors: [name: string, message: string][];
  /** Of the same net: losses before and after the attempts. */
  losses: number[];
  before: tf.MemoryInfo;
  after: tf.MemoryInfo;
}

function failureOf(f: () => unknown): [string, string] {
  try {
    tf.tidy(() => {
      f();
    });
    backend.finish();
    return ["", "nothing went wrong"];
  } catch (error) {
    return [(error as Error).name, (error as Error).message];
  }
}

await tf.setBackend("onednn");
const backend = tf.backend() as OnednnBackend;
const { addon } = backend;
const net = new SmallNet(TINY);
const losses = [net.step()];
const before = { ...tf.memory() };

function attempts(): [string, string][] {
  // Arrays that all look at the same numbers, so that only what a kernel itself needs is too much.
  const [side, channels] = [31, 2 ** 18];
  const values = new Float32Array(addon.reserveSlab(side * side * channels * 4));
  const depthwise = Int32Array.of(
    ...[1, side, side, channels, channels, side, side, 1, 1, 0, 0, 0, 0, 1, 1, channels, 1, 1],
  );
  const product = Int32Array.of(1, 1, 1, 15_000, 15_001, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1);
  return [
    failureOf(() => tf.fill([2 ** 30 - 1], 1)),
    failureOf(() =>
      addon.depthwiseBackward(depthwise, values, undefined, 0, values, undefined, undefined, values, undefined),
    ),
    failureOf(() => addon.convolution(product, values, values, undefined, values, 0, 0)),
  ];
}

if (process.argv[2] === "size") {
  console.log(/^VmPeak:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))![1]);
} else {
  const errors = attempts();
  const after = { ...tf.memory() };
  losses.push(net.step(), net.step());
  console.log(JSON.stringify({ errors, losses, before, after } satisfies Told));
}
