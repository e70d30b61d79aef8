/**
 * Trains a tiny net for as many steps as the first argument says, or a convolution and a product at as many sizes where
 * the second is "sizes", and prints as one line of JSON what memory was held after each tenth of them: tensors, their
 * bytes, the pool, and the process' resident memory.
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import "../../src/index.js";
import { SmallNet, TINY } from "../support/small-net.js";

/** What is held after some steps. */
export interface Held {
  step: number;
  numTensors: number;
  numDataBuffers: number;
  numBytes: number;
  /** Bytes of the pool that tensors have. */
  inUse: number;
  /** Bytes of resident memory. */
  resident: number;
  /** The same without the heap of JavaScript, which grows and shrinks as its collector likes. */
  native: number;
}

function held(step: number): Held {
  globalThis.gc!();
  const { numTensors, numDataBuffers, numBytes, arena } = tf.memory() as tf.MemoryInfo & { arena: { inUse: number } };
  const { rss, heapTotal } = process.memoryUsage();
  return { step, numTensors, numDataBuffers, numBytes, inUse: arena.inUse, resident: rss, native: rss - heapTotal };
}

/** A convolution with its gradients and a matrix product, at a size of its own for every step. */
function everySize(): (step: number) => void {
  const filter = tf.variable(tf.fill([3, 3, 128, 128], 0.01)) as tf.Variable<tf.Rank.R4>;
  const matrix = tf.variable(tf.fill([256, 256], 0.01)) as tf.Variable<tf.Rank.R2>;
  return (step) =>
    tf.tidy(() => {
      const image: tf.Tensor4D = tf.ones([1, step, 2, 128]);
      tf.grads((x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, "same"))([image, filter]);
      tf.matMul(tf.ones<tf.Rank.R2>([step, 256]), matrix);
    });
}

function everyStep(): () => void {
  const net = new SmallNet(TINY);
  return () => net.step();
}

const steps = Number(process.argv[2]);
await tf.setBackend("onednn");
const run = process.argv[3] === "sizes" ? everySize() : everyStep();
const snapshots: Held[] = [];
for (let step = 1; step <= steps; step++) {
  run(step);
  if (step % Math.floor(steps / 10) === 0) snapshots.push(held(step));
}
console.log(JSON.stringify(snapshots));
