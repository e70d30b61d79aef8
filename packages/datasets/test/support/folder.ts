/** Temporary folders with images in them. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { encodePng } from "@roga/datasets";
import { afterEach } from "vitest";

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A folder that is removed after the test, with symbolic links in its path resolved. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "datasets-")));
  folders.push(folder);
  return folder;
}

/** Writes files below a folder, with their parents; without content, a PNG of one grey whose value is the index. */
export async function writeFiles(folder: string, files: Record<string, string | Uint8Array | null>): Promise<void> {
  for (const [index, [name, content]] of Object.entries(files).entries()) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content ?? (await greyPng(index)));
  }
}

/** A PNG of 4 x 4 pixels, all of one value. */
export async function greyPng(value: number): Promise<Uint8Array> {
  return encodePng({ width: 4, height: 4, data: new Float32Array(48).fill(value / 255) });
}
