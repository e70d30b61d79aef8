/** Puts long work in the queue and leaves, in the way that the argument says, while it is computed. */
import "@tensorflow/tfjs";
import { isMainThread, Worker } from "node:worker_threads";
import * as tf from "@tensorflow/tfjs-core";
import "../../src/index.js";

async function work(): Promise<void> {
  await tf.setBackend("onednn");
  const x = tf.randomUniform<tf.Rank.R2>([800, 800]);
  const images = tf.randomUniform<tf.Rank.R4>([2, 24, 24, 16]);
  // Each of another shape, so that oneDNN makes something new for every one.
  for (let i = 1; i < 200; i++) tf.conv2d(images, tf.ones([3, 3, 16, i]), 1, "same").dispose();
  for (let i = 0; i < 200; i++) tf.matMul(x, x).dispose();
}

const how = process.argv[2];
if (!isMainThread) {
  await work();
} else if (how === "worker") {
  await new Promise<void>((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url));
    worker.on("exit", () => resolve());
    worker.on("error", reject);
  });
} else {
  await work();
  if (how === "exit") {
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.exit(7);
  }
  if (how === "throw") {
    const last = tf.ones([2000]).mul(3);
    // Listeners may still read values.
    process.on("exit", () => {
      if (last.dataSync()[0] !== 3) process.exitCode = 2;
    });
    throw new Error("on purpose");
  }
}
