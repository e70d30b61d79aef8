/** The backend in worker threads: several at once, each with its own settings, memory and primitives. */
import { beforeAll, expect, it } from "vitest";
import { bundleProgram, runProgram } from "../support/program.js";

beforeAll(() => bundleProgram("workers"));

it("trains in two workers and the main thread at once, and outlives a worker that is ended", async () => {
  const { status, signal, stdout, stderr } = await runProgram("workers");
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: "" });
  const digests = JSON.parse(stdout) as string[];
  expect(digests).toHaveLength(4);
  expect(digests).toEqual(Array(4).fill(digests[0]));
});
