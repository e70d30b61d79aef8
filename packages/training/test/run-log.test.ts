import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LogEntry, RunLog, RunLogError, readLog } from "../src/index.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "roga-log-"));
  path = join(folder, "log.jsonl");
});
afterEach(() => rm(folder, { recursive: true }));

const start = (step: number, epochs: number): LogEntry => ({
  kind: "start",
  step,
  epochs,
  checkpoint: step === 0 ? null : `step-${step}`,
  steps: 9,
  tornBytes: 0,
});
const saved = (step: number): LogEntry => ({ kind: "checkpoint", step, checkpoint: `step-${step}` });
const validated = (step: number, epoch: number): LogEntry => ({
  kind: "validation",
  step,
  epoch,
  macroAuc: 0.5,
  auc: { swap: 0.5 },
  loss: 0.7,
  bestEpoch: 1,
  seconds: 1,
  skipped: 0,
});

function write(...entries: LogEntry[]): number {
  const log = RunLog.open(path);
  for (const entry of entries) log.write(entry);
  log.sync();
  log.close();
  return log.tornBytes;
}
const brief = async () => (await readLog(path)).entries.map(({ kind, step }) => `${kind} ${step}`);

test("an entry is in the file as soon as it is written", async () => {
  const log = RunLog.open(path);
  log.write(saved(4));
  const [line, rest] = (await readFile(path, "utf8")).split("\n");
  expect(JSON.parse(line!)).toMatchObject({ kind: "checkpoint", step: 4, checkpoint: "step-4" });
  expect(Date.parse(JSON.parse(line!).time)).toBeGreaterThan(0);
  expect(rest).toBe("");
  log.close();
});

test("a missing log reads as empty", async () => {
  expect(await readLog(path)).toEqual({ entries: [], superseded: 0, torn: null });
});

describe("a torn last line", () => {
  beforeEach(async () => {
    write(start(0, 0), saved(1));
    await appendFile(path, '{"kind":"step","st');
  });

  test("is reported and the rest is read", async () => {
    const log = await readLog(path);
    expect(log.torn).toBe('{"kind":"step","st');
    expect(log.entries).toHaveLength(2);
  });

  test("is cut off by the next writer, which says how much", async () => {
    expect(write(saved(2))).toBe(18);
    expect((await readLog(path)).torn).toBeNull();
    expect(await brief()).toEqual(["start 0", "checkpoint 1", "checkpoint 2"]);
  });
});

test("what a resumed run repeats stands once", async () => {
  write(start(0, 0), saved(1), saved(2), saved(3), start(1, 0), saved(2));
  expect(await brief()).toEqual(["start 0", "checkpoint 1", "start 1", "checkpoint 2"]);
  expect((await readLog(path)).superseded).toBe(2);
});

test("a validation that the checkpoint does not hold is repeated, too", async () => {
  write(start(0, 0), saved(2), validated(2, 1), start(2, 0), validated(2, 1), start(2, 1));
  expect(await brief()).toEqual(["start 0", "checkpoint 2", "start 2", "validation 2", "start 2"]);
});

test.each(["not json", "[]", "null", '{"kind":"step"}'])(
  "a line %j before the last is refused by number",
  async (line) => {
    write(start(0, 0));
    await writeFile(path, `${await readFile(path, "utf8")}${line}\n`);
    const error = await readLog(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RunLogError);
    expect((error as RunLogError).message).toContain(`${path}: line 2: `);
  },
);
