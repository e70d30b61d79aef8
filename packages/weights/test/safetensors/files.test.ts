import { open, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import {
  type NamedArray,
  type NamedArrays,
  parseSafetensors,
  readSafetensors,
  SafetensorsFile,
  writeSafetensors,
} from "@roga/weights";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.js";
import { rawFile, reference, referenceFile } from "./reference.js";

const folder = temporaryFolder();

const small: NamedArrays = new Map([["w", { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) }]]);

describe("readSafetensors", () => {
  it("reads what the reference implementation wrote, all or by name", async () => {
    const path = folder.file("reference.safetensors");
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
    const path = folder.file("small.safetensors");
    await writeSafetensors(path, small);
    await expect(readSafetensors(path, ["bias"])).rejects.toMatchObject({
      name: "SafetensorsError",
      path,
      tensor: "bias",
      message: `${path}: tensor "bias": there is none of that name`,
    });
  });

  it.each(Object.entries(reference.rejected))("refuses %s", async (_, base64) => {
    const path = folder.file("bad.safetensors");
    await writeFile(path, Buffer.from(base64, "base64"));
    await expect(readSafetensors(path)).rejects.toMatchObject({ name: "SafetensorsError", path });
  });

  it("reads a part of a file that would not fit in memory", async () => {
    const path = folder.file("sparse.safetensors");
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
    const path = folder.file("small.safetensors");
    await writeSafetensors(path, small);
    const file = await SafetensorsFile.open(path);
    await truncate(path, (await readFile(path)).length - 1);
    await expect(file.tensor("w")).rejects.toMatchObject({ name: "SafetensorsError", tensor: "w" });
    await file.close();
  });
});

describe("writeSafetensors", () => {
  it("replaces a file and leaves nothing else behind", async () => {
    const path = folder.file("small.safetensors");
    await writeFile(path, "old");
    await writeSafetensors(path, small, { epoch: "3" });
    expect(await readSafetensors(path)).toEqual({ tensors: small, metadata: { epoch: "3" } });
    expect(await readdir(folder.path)).toEqual(["small.safetensors"]);
  });

  it("leaves the old file as it was when it fails", async () => {
    const path = folder.file("small.safetensors");
    await writeSafetensors(path, small);
    const before = await readFile(path);
    const wrong: NamedArrays = new Map([["w", { dtype: "F32", shape: [3], data: new Float32Array(2) }]]);
    await expect(writeSafetensors(path, wrong)).rejects.toMatchObject({ name: "SafetensorsError", tensor: "w" });
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(folder.path)).toEqual(["small.safetensors"]);
  });

  it("does not disturb a reader of the old file", async () => {
    const path = folder.file("small.safetensors");
    await writeSafetensors(path, small);
    const reader = await open(path);
    const before = await readFile(path);
    await writeSafetensors(path, new Map([["x", { dtype: "U8", shape: [1], data: Uint8Array.of(1) }]]));
    expect(await reader.readFile()).toEqual(before);
    await reader.close();
  });

  it("holds one tensor at a time: each is asked for after the one before was written", async () => {
    const path = folder.file("stream.safetensors");
    const info = { dtype: "U8", shape: [4] } as const;
    const infos = new Map(["a", "b", "c"].map((name) => [name, info]));
    const sizes: number[] = [];
    await writeSafetensors(path, {
      infos,
      async tensor(name) {
        const [temporary] = await readdir(folder.path);
        sizes.push((await stat(folder.file(temporary!))).size);
        return { ...info, data: Uint8Array.from(Buffer.from(name.repeat(4))) };
      },
    });
    const start = sizes[0]!;
    expect(sizes).toEqual([start, start + 4, start + 8]);
    expect((await readSafetensors(path)).tensors.get("c")?.data).toEqual(Uint8Array.from(Buffer.from("cccc")));
  });

  it("writes the same bytes from a stream in any order, or from an open file, as from arrays", async () => {
    const { tensors, metadata } = parseSafetensors(referenceFile);
    async function* reversed() {
      yield* [...tensors].reverse();
    }
    const streamed = folder.file("streamed.safetensors");
    await writeSafetensors(streamed, { infos: tensors, tensors: reversed() }, metadata);
    expect((await readFile(streamed)).equals(referenceFile)).toBe(true);

    const open = await SafetensorsFile.open(streamed);
    const copied = folder.file("copied.safetensors");
    await writeSafetensors(copied, open, open.metadata);
    await open.close();
    expect((await readFile(copied)).equals(referenceFile)).toBe(true);
  });

  const announced = new Map([["w", { dtype: "U8", shape: [1] } as const]]);
  const byte = (value: number): NamedArray => ({ dtype: "U8", shape: [1], data: Uint8Array.of(value) });
  it.each<[string, [string, NamedArray][], string, string]>([
    ["lacks a tensor", [], "w", "never came"],
    [
      "brings one twice",
      [
        ["w", byte(1)],
        ["w", byte(2)],
      ],
      "w",
      "twice",
    ],
    [
      "brings one more",
      [
        ["w", byte(1)],
        ["x", byte(2)],
      ],
      "x",
      "not announced",
    ],
    [
      "brings another shape",
      [["w", { dtype: "U8", shape: [2], data: Uint8Array.of(1, 2) }]],
      "w",
      "expected U8 of shape [1]",
    ],
  ])("refuses a stream that %s", async (_, tensors, tensor, message) => {
    async function* stream() {
      yield* tensors;
    }
    const written = writeSafetensors(folder.file("x"), { infos: announced, tensors: stream() });
    await expect(written).rejects.toMatchObject({ name: "SafetensorsError", tensor });
    await expect(written).rejects.toThrow(message);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it("stops at a signal and leaves the old file as it was", async () => {
    const path = folder.file("small.safetensors");
    await writeSafetensors(path, small);
    const before = await readFile(path);
    const controller = new AbortController();
    async function* stream() {
      controller.abort(new Error("enough"));
      yield ["w", byte(1)] as const;
    }
    const written = writeSafetensors(path, { infos: announced, tensors: stream() }, {}, { signal: controller.signal });
    await expect(written).rejects.toThrow("enough");
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(folder.path)).toEqual(["small.safetensors"]);
  });
});
