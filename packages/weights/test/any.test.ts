import { readdir, writeFile } from "node:fs/promises";
import {
  type NamedArray,
  type NamedArrays,
  openWeights,
  readWeights,
  serializeNpy,
  serializeNpz,
  serializePyTorch,
  serializeSafetensors,
  WeightsError,
  writeWeights,
} from "@roga/weights";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { detectFormat } from "../src/any/detect.js";
import { MemorySource } from "../src/files/byte-source.js";
import { reference as keras, unpack } from "./keras/reference.js";
import { edits, truncations } from "./support/broken-bytes.js";
import { errorOf } from "./support/errors.js";
import { temporaryFolder } from "./support/temporary-folder.js";
import { writeModel } from "./tensorflowjs/model.js";
import { rawZip } from "./zip/support.js";

const folder = temporaryFolder();

const w: NamedArray = { dtype: "F32", shape: [2], data: Float32Array.of(1.5, -2) };
const arrays: NamedArrays = new Map([["arr_0", w]]);

const files: Record<string, () => Promise<Uint8Array>> = {
  safetensors: async () => serializeSafetensors(arrays, { epoch: "3" }),
  pytorch: () => serializePyTorch(arrays),
  npz: () => serializeNpz(arrays),
  "npz, a bare .npy": async () => serializeNpy(w),
};

describe("openWeights", () => {
  it.each(Object.entries(files))("tells %s by its content", async (format, bytes) => {
    const path = folder.file("checkpoint.bin");
    await writeFile(path, await bytes());
    const file = await openWeights(path);
    expect(format.startsWith(file.format)).toBe(true);
    expect([...file.infos]).toMatchObject([["arr_0", { dtype: "F32", shape: [2] }]]);
    expect(await file.tensor("arr_0")).toEqual(w);
    expect(file.metadata).toEqual(format === "safetensors" ? { epoch: "3" } : {});
    await file.close();
    expect(await readWeights(path, { names: ["arr_0"] })).toEqual(arrays);
    await expect(readWeights(path, { names: ["x"] })).rejects.toMatchObject({ path, tensor: "x" });
  });

  it("tells Keras' and TensorFlow.js' files", async () => {
    for (const name of ["model.keras", "model.h5"]) {
      const path = folder.file("x.pth");
      await writeFile(path, unpack(keras.files[name]!.file));
      expect((await readWeights(path)).size).toBe(Object.keys(keras.files[name]!.arrays).length);
    }
    const weights = [{ name: "arr_0", shape: [2], dtype: "float32" }];
    const bytes = new Uint8Array(w.data.buffer as ArrayBuffer);
    const file = await openWeights(await writeModel(folder.path, [{ paths: ["a.bin"], weights }], { "a.bin": bytes }));
    expect(file).toMatchObject({ format: "tensorflowjs", metadata: { format: "layers-model" } });
    expect(await file.tensor("arr_0")).toEqual(w);
  });

  it.each<[string, string | Uint8Array, string]>([
    ["nothing", "", "it is empty"],
    ["a web page", "<!DOCTYPE html><html>", "a web page"],
    ["a pointer", "version https://git-lfs.github.com/spec/v1", "Git LFS"],
    ["a gzip file", Uint8Array.of(0x1f, 0x8b, 8), "gzip"],
    ["another archive", rawZip([{ name: "a.txt", content: Buffer.from("a") }]), 'a ZIP archive of "a.txt"'],
    ["other bytes", "hello", "68656c6c6f"],
  ])("refuses %s", async (_, content, message) => {
    const path = folder.file("x.safetensors");
    await writeFile(path, content);
    const error = await errorOf(() => openWeights(path));
    expect(error.path).toBe(path);
    expect(error.message).toContain(message);
  });

  it("refuses a folder", async () => {
    expect((await errorOf(() => openWeights(folder.path))).message).toContain("expected a file");
  });
});

describe("writeWeights", () => {
  it.each(["safetensors", "npz", "pth", "pt"])("writes .%s, from arrays and from an open file", async (extension) => {
    const path = folder.file(`a.${extension}`);
    await writeWeights(path, arrays);
    const file = await openWeights(path);
    const copy = folder.file(`b.${extension.toUpperCase()}`);
    await writeWeights(copy, file);
    await file.close();
    expect(await readWeights(copy)).toEqual(arrays);
  });

  it("keeps metadata in safetensors files, and does without in others", async () => {
    const path = folder.file("a.safetensors");
    const metadata = { architecture: "xception", epoch: "3" };
    await writeWeights(path, arrays, { metadata });
    const file = await openWeights(path);
    expect(file.metadata).toEqual(metadata);
    for (const name of ["b.safetensors", "b.npz", "b.pth"]) {
      const copy = folder.file(name);
      await writeWeights(copy, file, { metadata: file.metadata });
      const copied = await openWeights(copy);
      expect(copied.metadata).toEqual(name.endsWith(".safetensors") ? metadata : {});
      await copied.close();
    }
    await file.close();
    await expect(writeWeights(path, arrays, { metadata: { "\ud800": "" } })).rejects.toThrow("not valid Unicode");
  });

  it("refuses another extension", async () => {
    const path = folder.file("a.h5");
    await expect(writeWeights(path, arrays)).rejects.toMatchObject({ name: "WeightsError", path });
    expect(await readdir(folder.path)).toEqual([]);
  });
});

it("tells or refuses the format of broken files", async () => {
  const valid = await Promise.all([...Object.values(files)].map((bytes) => bytes()));
  const tells = async (bytes: Uint8Array) => {
    try {
      await detectFormat(new MemorySource(bytes, WeightsError));
    } catch (error) {
      if (!(error instanceof WeightsError)) throw error;
    }
  };
  for (const bytes of valid) for (const cut of truncations(bytes)) await tells(cut);
  await fc.assert(fc.asyncProperty(fc.oneof(...valid.map(edits)), tells), { numRuns: 1500, seed: 1 });
});
