import { writeFile } from "node:fs/promises";
import { KerasError, KerasFile, readKeras, toFloat32 } from "@roga/weights";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/errors.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { rawZip } from "../zip/support.js";
import { reference, unpack } from "./reference.js";

const folder = temporaryFolder();

async function fileOf(bytes: Uint8Array): Promise<string> {
  const path = folder.file("x.h5");
  await writeFile(path, bytes);
  return path;
}

const DTYPES: Readonly<Record<string, string>> = {
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  int32: "I32",
  int64: "I64",
  bool: "BOOL",
};

describe.each(Object.entries(reference.files))("what Keras and h5py wrote: %s", (_, { file, arrays }) => {
  it("holds the same names, dtypes, shapes and values", async () => {
    const read = await readKeras(await fileOf(unpack(file)));
    expect([...read.keys()].sort()).toEqual(Object.keys(arrays).sort());
    for (const [name, { dtype, shape, values }] of Object.entries(arrays)) {
      const array = read.get(name)!;
      expect(array.dtype).toBe(DTYPES[dtype]);
      expect(array.shape).toEqual(shape);
      expect([...toFloat32(array)]).toEqual(values);
    }
  });
});

it("tells which layer each path of a .keras file is", async () => {
  const file = await KerasFile.open(await fileOf(unpack(reference.files["model.keras"]!.file)));
  expect(Object.fromEntries(file.layerNames)).toEqual(reference.layerNames);
  await file.close();
});

it("reads single tensors of an open file, and says which it lacks", async () => {
  const path = await fileOf(unpack(reference.files["keras 2"]!.file));
  const file = await KerasFile.open(path);
  expect(file.infos.get("head/kernel:0")).toEqual({ dtype: "F32", shape: [30, 20] });
  expect((await file.tensor("head/steps:0")).data).toEqual(BigInt64Array.of(5n));
  await expect(file.tensor("x")).rejects.toMatchObject({ name: "KerasError", path, tensor: "x" });
  await file.close();
});

describe("refuses", () => {
  it.each(Object.entries(reference.refused))("%s", async (_, { file, because }) => {
    const path = await fileOf(unpack(file));
    const error = await errorOf(() => readKeras(path));
    expect(error).toBeInstanceOf(KerasError);
    expect(error.path).toBe(path);
    expect(error.message).toContain(because);
  });

  it.each([
    ["nothing", new Uint8Array(0), "not an HDF5 file"],
    [
      "an archive without weights",
      rawZip([{ name: "config.json", content: Buffer.from("{}") }]),
      "no model.weights.h5",
    ],
    [
      "an archive whose weights are none",
      rawZip([{ name: "model.weights.h5", content: Buffer.from("hello") }]),
      "not an HDF5 file",
    ],
  ])("%s", async (_, bytes, because) => {
    expect((await errorOf(async () => readKeras(await fileOf(bytes)))).message).toContain(because);
  });
});
