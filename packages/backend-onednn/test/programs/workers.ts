/**
 * Trains in two worker threads at once and in the main one beside them, while a third worker is ended in the middle of
 * its work, and another is left to itself when the process ends. Prints the digests of what was trained.
 */
import "@tensorflow/tfjs";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import * as tf from "@tensorflow/tfjs-core";
import { configure } from "../../src/index.js";
import { digest } from "../support/digest.js";
import { SHARED, SmallNet, train } from "../support/small-net.js";

const STEPS = 10;

async function trained(): Promise<string> {
  configure({ threads: 2 });
  await tf.setBackend("onednn");
  return digest(train(SHARED, STEPS));
}

async function forever(): Promise<never> {
  configure({ threads: 2 });
  await tf.setBackend("onednn");
  const net = new SmallNet(SHARED);
  for (;;) {
    net.step();
    parentPort!.postMessage("step");
  }
}

async function main(): Promise<void> {
  const start = (task: string) => new Worker(fileURLToPath(import.meta.url), { workerData: task });
  const workers = [start("train"), start("train")];
  const digests = workers.map(async (worker) => (await once(worker, "message"))[0] as string);
  const endless = start("forever");
  await once(endless, "message");
  const ended = endless.terminate();
  const own = await trained();
  await ended;
  const others = await Promise.all(digests);
  await Promise.all(workers.map((worker) => worker.terminate()));
  const again = await trained();
  const left = start("forever");
  await once(left, "message");
  process.stdout.write(`${JSON.stringify([own, again, ...others])}\n`, () => process.exit(0));
}

if (isMainThread) await main();
else if (workerData === "forever") await forever();
else parentPort!.postMessage(await trained());
