import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRunDirectory, RunDirectoryError } from "../src/index.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "roga-run-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("createRunDirectory", () => {
  test("makes a new folder with its parents", async () => {
    const run = await createRunDirectory(join(folder, "a", "b"));
    expect((await readdir(run.path)).sort()).toEqual(["checkpoints", "scores"]);
    expect(run.log).toBe(join(folder, "a", "b", "log.jsonl"));
  });

  test("takes an empty folder", async () => {
    expect((await createRunDirectory(folder)).path).toBe(folder);
  });

  test("refuses a folder that holds anything, and leaves it as it is", async () => {
    await writeFile(join(folder, "notes.txt"), "");
    const attempt = createRunDirectory(folder);
    await expect(attempt).rejects.toThrow(RunDirectoryError);
    await expect(attempt).rejects.toThrow("expected a new or empty folder, got one with notes.txt");
    expect(await readdir(folder)).toEqual(["notes.txt"]);
  });

  test("refuses a file", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(createRunDirectory(join(folder, "file"))).rejects.toThrow("expected a folder, got a file");
  });

  test("opens a run to resume", async () => {
    const run = await createRunDirectory(folder);
    await writeFile(run.log, "");
    expect(await createRunDirectory(folder, { resume: true })).toEqual(run);
  });

  test("refuses to resume what is no run", async () => {
    await expect(createRunDirectory(join(folder, "none"), { resume: true })).rejects.toThrow("got no such folder");
    await expect(createRunDirectory(folder, { resume: true })).rejects.toThrow("got a folder without checkpoints/");
  });
});
