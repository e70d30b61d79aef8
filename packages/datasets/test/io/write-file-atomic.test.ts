import { mkdir, open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "@roga/datasets";
import { expect, it } from "vitest";
import { temporaryFolder } from "../support/folder.js";

it("creates and replaces files, and leaves nothing beside them", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "file");
  await writeFileAtomic(path, "tëxt");
  expect(await readFile(path, "utf8")).toBe("tëxt");
  await writeFileAtomic(path, Uint8Array.of(1, 2, 3));
  expect([...(await readFile(path))]).toEqual([1, 2, 3]);
  expect(await readdir(folder)).toEqual(["file"]);
});

it("does not touch the old file's content: who has it open reads on", async () => {
  const path = join(await temporaryFolder(), "file");
  await writeFile(path, "old content");
  const reader = await open(path);
  await writeFileAtomic(path, "new");
  expect(await reader.readFile("utf8")).toBe("old content");
  await reader.close();
});

it("fails whole: the target as it was, no temporary left", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "target/inner"), { recursive: true });
  await expect(writeFileAtomic(join(folder, "target"), "x")).rejects.toThrow();
  expect(await readdir(folder)).toEqual(["target"]);
  await expect(writeFileAtomic(join(folder, "none/file"), "x")).rejects.toThrow("ENOENT");
});
