import { readdir, readFile, writeFile } from "node:fs/promises";
import {
  type NamedArray,
  type NamedArrays,
  NpzFile,
  NumpyError,
  parseNpz,
  readNpz,
  serializeNpz,
  writeNpz,
} from "@roga/weights";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/errors.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { valuesOf } from "../support/values.js";
import { DTYPES, decode, reference } from "./reference.js";

const folder = temporaryFolder();

describe.each(["stored", "deflated"] as const)("numpy.savez, %s", (kind) => {
  const bytes = decode(reference.archive[kind]);

  it("reads every array", async () => {
    const arrays = await parseNpz(bytes);
    expect([...arrays.keys()]).toEqual(Object.keys(reference.archive.arrays));
    for (const [name, { dtype, shape, values }] of Object.entries(reference.archive.arrays)) {
      const array = arrays.get(name)!;
      expect(array.dtype).toBe(DTYPES[dtype]);
      expect(array.shape).toEqual(shape);
      expect(valuesOf(array)).toEqual(values);
    }
  });

  it("opens a file by its headers, and reads arrays by name", async () => {
    const path = folder.file("weights.npz");
    await writeFile(path, bytes);
    const file = await NpzFile.open(path);
    expect(file.infos.get("conv1.weight")).toMatchObject({ dtype: "F32", shape: [4, 3, 3, 3] });
    expect((await file.tensor("bn1.num_batches_tracked")).data).toEqual(BigInt64Array.of(7n));
    await expect(file.tensor("fc")).rejects.toMatchObject({ name: "NumpyError", path, tensor: "fc" });
    await file.close();
  });
});

describe("writeNpz", () => {
  const arrays: NamedArrays = new Map<string, NamedArray>([
    ["w", { dtype: "F32", shape: [2, 1], data: Float32Array.of(1, -2) }],
    ["größe/kernel", { dtype: "U8", shape: [], data: Uint8Array.of(3) }],
  ]);

  it("writes what it reads, the same bytes in memory, from a stream and from an open file", async () => {
    const path = folder.file("a.npz");
    async function* stream() {
      yield* arrays;
    }
    await writeNpz(path, { infos: arrays, tensors: stream() });
    expect(await readNpz(path)).toEqual(arrays);
    const bytes = await readFile(path);
    expect(bytes.equals(await serializeNpz(arrays))).toBe(true);

    const open = await NpzFile.open(path);
    await writeNpz(folder.file("b.npz"), open);
    await open.close();
    expect((await readFile(folder.file("b.npz"))).equals(bytes)).toBe(true);
  });

  it("refuses what NumPy has no type for before it writes, and leaves nothing behind", async () => {
    const half: NamedArrays = new Map([...arrays, ["b", { dtype: "BF16", shape: [1], data: Uint16Array.of(1) }]]);
    await expect(writeNpz(folder.file("x.npz"), half)).rejects.toMatchObject({ name: "NumpyError", tensor: "b" });
    expect(await readdir(folder.path)).toEqual([]);
  });

  it("refuses names that a ZIP file cannot hold", async () => {
    const array = arrays.get("w")!;
    expect((await errorOf(() => serializeNpz(new Map([["x".repeat(65_532), array]])))).message).toContain(
      "65531 bytes",
    );
    expect((await errorOf(() => serializeNpz(new Map([["\ud800", array]])))).message).toContain("Unicode");
  });
});

describe("readNpz", () => {
  it("reads a bare .npy file as arr_0", async () => {
    const path = folder.file("x.npz");
    await writeFile(path, decode(reference.files.vector!.file));
    expect(await readNpz(path)).toEqual(
      new Map([["arr_0", { dtype: "I32", shape: [5], data: Int32Array.of(0, 1, 2, 3, 4) }]]),
    );
  });

  it("says in which file and array what is wrong", async () => {
    const path = folder.file("x.npz");
    const bytes = decode(reference.archive.stored);
    // One byte of the last array's data.
    bytes[Buffer.from(bytes).lastIndexOf("PK\u0001\u0002zeros") - 1]! ^= 1;
    const at = Buffer.from(bytes).indexOf("zeros.npy") + 9 + 20 + 128 + 100;
    bytes[at]! ^= 1;
    await writeFile(path, bytes);
    const error = await errorOf(() => readNpz(path));
    expect(error).toBeInstanceOf(NumpyError);
    expect(error).toMatchObject({ path, tensor: "zeros" });
    expect(error.message).toContain("checksum");
  });
});
