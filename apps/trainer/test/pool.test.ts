import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Job, JobProgress } from "../src/jobs/messages.js";
import { type JobOutcome, runJobs } from "../src/jobs/pool.js";
import { temporaryFolder } from "./support/temporary-folder.js";

const jobs: Job[] = [1, 2, 3].map((seed) => ({ algorithm: "erm", seed }));

/** Runs `source` once per job, with the job's seed as its argument. */
async function runProgram(source: string, signal = new AbortController().signal, onProgress = (_: JobProgress) => {}) {
  const program = join(await temporaryFolder(), "job.mjs");
  await writeFile(program, source);
  const ended: JobOutcome[] = [];
  const outcomes = await runJobs(jobs, {
    program,
    argumentsFor: ({ seed }) => [String(seed)],
    concurrency: 2,
    environment: {},
    signal,
    onProgress: (_, progress) => onProgress(progress),
    onEnd: (outcome) => ended.push(outcome),
  });
  expect(ended).toEqual(outcomes);
  return outcomes.sort((a, b) => a.job.seed - b.job.seed).map(({ end }) => end);
}

it("passes progress and ends on", async () => {
  const seen: number[] = [];
  const progress = `{ kind: "progress", phase: "train", done: Number(process.argv[2]), total: 3, secondsLeft: 1, note: "" }`;
  const source = `process.send(${progress}); process.send({ kind: "finished" }); process.disconnect();`;
  const ends = await runProgram(source, undefined, ({ done }) => seen.push(done));
  expect(ends).toEqual([{ kind: "finished" }, { kind: "finished" }, { kind: "finished" }]);
  expect(seen.sort()).toEqual([1, 2, 3]);
});

it("reports a crash with what the process wrote, and goes on with the others", async () => {
  const source = `
    if (process.argv[2] === "2") { console.error("out of luck"); process.exit(3); }
    process.send({ kind: "finished" }); process.disconnect();`;
  const ends = await runProgram(source);
  expect(ends[1]).toEqual({ kind: "failed", message: "erm-seed2 ended with exit status 3\nout of luck" });
  expect([ends[0]?.kind, ends[2]?.kind]).toEqual(["finished", "finished"]);
});

it("asks running jobs to stop and starts no further one", async () => {
  const controller = new AbortController();
  const source = `
    process.on("message", (message) => { process.send({ kind: message === "stop" ? "interrupted" : "failed" }); process.disconnect(); });
    process.send({ kind: "progress", phase: "train", done: 0, total: 1, secondsLeft: null, note: "" });`;
  const ends = await runProgram(source, controller.signal, () => controller.abort());
  expect(ends.length).toBeLessThan(jobs.length);
  expect(ends.map(({ kind }) => kind)).toEqual(ends.map(() => "interrupted"));
});
