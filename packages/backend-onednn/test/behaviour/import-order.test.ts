/** The package works whether it is imported before TensorFlow.js, as here, or after, as in all other tests. */
import "../../src/index.js";

import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { getThreads, nativeTime, resetNativeTime } from "../../src/index.js";
import { digest } from "../support/digest.js";
import { bundleProgram, runProgram } from "../support/program.js";
import { SHARED, train } from "../support/small-net.js";

beforeAll(() => bundleProgram("determinism"));
afterAll(() => tf.setBackend("cpu"));

it("trains to the same bits, by as many calls of native kernels", async () => {
  await tf.setBackend("onednn");
  resetNativeTime();
  const own = digest(train(SHARED, 3));
  const { calls } = nativeTime();
  const { stdout } = await runProgram("determinism", [String(getThreads()), "3"]);
  expect(stdout).toBe(`${own}\n${calls}\n`);
});
