import { mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NamedArrays, readSafetensors, SafetensorsFile, writeSafetensors } from "@roga/weights";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rawFile, reference, referenceFile } from "./reference.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "weights-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const small: NamedArrays = new Map([["w", { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) }]]);

describe("readSafetensors", () => {
  it("reads what the reference implementation wrote, all or by name", async () => {
    const path = join(folder, "reference.safetensors");
    await writeFile(path, referenceFile);
    const all = await readSafetensors(path);
    expect([...all.tensors.keys()].sort()).toEqual(Object.keys(reference.tensors).sort());
    const some = await readSafetensors(path, ["i32", "empty"]);
    expect(some.tensors).toEqual(
      new Map([
        ["i32", { dtype: "I32", shape: [1, 2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) }],
        ["empty", { dtype: "F32", shape: [3, 0, 2], data: new Float32Array(0) }],
      ]),
    );
    expect(some.metadata).toEqual(reference.metadata);
  });

  it("names the file and the tensor", async () => {
    const path = join(folder, "small.safetensors");
    await writeSafetensors(path, small);
    await expect(readSafetensors(path, ["bias"])).rejects.toMatchObject({
      name: "SafetensorsError",
      path,
      tensor: "bias",
      message: `${path}: tensor "bias": there is none of that name`,
    });
  });

  it.each(Object.entries(reference.rejected))("refuses %s", async (_, base64) => {
    const path = join(folder, "bad.safetensors");
    await writeFile(path, Buffer.from(base64, "base64"));
    await expect(readSafetensors(path)).rejects.toMatchObject({ name: "SafetensorsError", path });
  });

  it("reads a part of a file that would not fit in memory", async () => {
    const path = join(folder, "sparse.safetensors");
    const size = 2 ** 42;
    const header = {
      small: { dtype: "U8", shape: [3], data_offsets: [0, 3] },
      vast: { dtype: "U8", shape: [size], data_offsets: [3, 3 + size] },
    };
    await writeFile(path, rawFile(header, Uint8Array.of(4, 5, 6)));
    const start = (await readFile(path)).length - 3;
    await truncate(path, start + 3 + size);
    expect((await readSafetensors(path, ["small"])).tensors.get("small")?.data).toEqual(Uint8Array.of(4, 5, 6));
    await expect(readSafetensors(path, ["vast"])).rejects.toMatchObject({ name: "SafetensorsError", tensor: "vast" });
  });

  it("notices a file that shrinks while it is open", async () => {
    const path = join(folder, "small.safetensors");
    await writeSafetensors(path, small);
    const file = await SafetensorsFile.open(path);
    await truncate(path, (await readFile(path)).length - 1);
    await expect(file.tensor("w")).rejects.toMatchObject({ name: "SafetensorsError", tensor: "w" });
    await file.close();
  });
});

describe("writeSafetensors", () => {
  it("replaces a file and leaves nothing else behind", async () => {
    const path = join(folder, "small.safetensors");
    await writeFile(path, "old");
    await writeSafetensors(path, small, { epoch: "3" });
    expect(await readSafetensors(path)).toEqual({ tensors: small, metadata: { epoch: "3" } });
    expect(await readdir(folder)).toEqual(["small.safetensors"]);
  });

  it("leaves the old file as it was when it fails", async () => {
    const path = join(folder, "small.safetensors");
    await writeSafetensors(path, small);
    const before = await readFile(path);
    const wrong: NamedArrays = new Map([["w", { dtype: "F32", shape: [3], data: new Float32Array(2) }]]);
    await expect(writeSafetensors(path, wrong)).rejects.toMatchObject({ name: "SafetensorsError", tensor: "w" });
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(folder)).toEqual(["small.safetensors"]);
  });

  it("does not disturb a reader of the old file", async () => {
    const path = join(folder, "small.safetensors");
    await writeSafetensors(path, small);
    const reader = await open(path);
    const before = await readFile(path);
    await writeSafetensors(path, new Map([["x", { dtype: "U8", shape: [1], data: Uint8Array.of(1) }]]));
    expect(await reader.readFile()).toEqual(before);
    await reader.close();
  });
});
