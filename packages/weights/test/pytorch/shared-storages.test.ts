import { writeFile } from "node:fs/promises";
import { openWeights, PyTorchError, readWeights } from "@roga/weights";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FileSource } from "../../src/files/byte-source.js";
import { SharedStorages } from "../../src/pytorch/shared-storages.js";
import { StorageRecord } from "../../src/pytorch/values.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { legacyFile, pickle, tensor, text, zipFile } from "./raw-file.js";

/** Eight tensors of six numbers each, in turns at the start of two storages of 4,000 bytes, and a storage of their own between. */
const storage = new Uint8Array(Float32Array.from({ length: 1000 }, (_, i) => i).buffer);
const data = pickle(
  "\x80\x02}(",
  ...Array.from({ length: 8 }, (_, i) =>
    pickle(
      text(`w${i}`),
      tensor({ key: `${i % 2}`, length: "M\xe8\x03" }),
      text(`own${i}`),
      tensor({ key: `own${i}`, length: "M\xe8\x03" }),
    ),
  ),
  "u.",
);
const own = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`own${i}`, storage]));
const storages = { "0": storage, "1": storage, ...own };

describe.each([
  ["zip", zipFile(data, storages)],
  ["legacy", legacyFile(data, storages)],
])("a file whose tensors alternate between storages (%s)", (_, bytes) => {
  const folder = temporaryFolder();
  let path: string;
  beforeEach(async () => {
    path = folder.file("x.pth");
    await writeFile(path, bytes);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const countStorages = () => {
    const spy = vi.spyOn(FileSource.prototype, "read");
    return () => spy.mock.calls.filter(([, length]) => length === storage.length).length;
  };

  it("has each storage read once, where tensors are read one by one", async () => {
    const file = await openWeights(path);
    const count = countStorages();
    for (const name of file.infos.keys()) expect((await file.tensor(name)).data[5]).toBe(5);
    expect(count()).toBe(10);
    await file.close();
  });

  it("has each storage read once, where all are read", async () => {
    const count = countStorages();
    expect((await readWeights(path)).size).toBe(16);
    expect(count()).toBe(10);
  });
});

describe("SharedStorages", () => {
  const records = ["a", "b", "c"].map((key) => new StorageRecord(key, "F32", 25));
  let reads: string[] = [];
  const shared = (allowance: number, kept: number) => {
    reads = [];
    return new SharedStorages(
      async ({ key, bytes }) => {
        reads.push(key);
        return new Uint8Array(bytes);
      },
      allowance,
      kept,
    );
  };

  it("keeps those used last", async () => {
    const storages = shared(1000, 250);
    for (const index of [0, 1, 0, 2, 0, 1]) await storages.get(records[index]!, "w", 4);
    expect(reads).toEqual(["a", "b", "c", "b"]);
  });

  it("keeps one that is larger than what may be kept", async () => {
    const storages = shared(0, 10);
    for (let i = 0; i < 9; i++) await storages.get(records[0]!, "w", 4);
    expect(reads).toEqual(["a"]);
  });

  it("refuses to read again and again for little", async () => {
    const storages = shared(1000, 100);
    const alternate = async (bytes: number) => {
      for (let i = 0; i < 100; i++) await storages.get(records[i % 2]!, "w", bytes);
    };
    await expect(alternate(0)).rejects.toThrow(PyTorchError);
    expect(reads.length).toBe(12);
    await expect(alternate(0)).rejects.toThrow("read all tensors together");
  });

  it("reads again as long as the tensors are worth it", async () => {
    const storages = shared(0, 100);
    for (let i = 0; i < 200; i++) await storages.get(records[i % 2]!, "w", 7);
    expect(reads.length).toBe(200);
  });
});
