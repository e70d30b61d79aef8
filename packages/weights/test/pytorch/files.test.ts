import { open, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import {
  type NamedArray,
  type NamedArrays,
  PyTorchFile,
  parsePyTorch,
  readPyTorch,
  type TensorStream,
  writePyTorch,
  writeSafetensors,
} from "@roga/weights";
import { describe, expect, it } from "vitest";
import { ZipWriter } from "../../src/zip/writer.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { dictOf, legacyFile, pickle, SIX, tensor, text, zipFile } from "./raw-file.js";
import { asExpected, references, unpacked } from "./reference.js";

const folder = temporaryFolder();

const small: NamedArrays = new Map<string, NamedArray>([
  ["w", { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) }],
  ["b", { dtype: "I64", shape: [], data: BigInt64Array.of(3n) }],
]);
const { files } = references[1]!;

describe("PyTorchFile", () => {
  it.each(["zip", "legacy"] as const)(
    "knows names and shapes first, and reads one tensor at a time (%s)",
    async (format) => {
      const path = folder.file("views.pth");
      await writeFile(path, unpacked(files.views![format]));
      const file = await PyTorchFile.open(path);
      expect(file.format).toBe(format);
      expect(file.infos.get("transposed")).toEqual({ dtype: "F32", shape: [6, 4] });
      const read = new Map<string, NamedArray>();
      for (const name of [...file.infos.keys()].reverse()) read.set(name, await file.tensor(name));
      expect(asExpected(read)).toEqual(files.views!.tensors);
      await file.close();
    },
  );

  it("gives tensors that share a storage arrays of their own", async () => {
    const path = folder.file("views.pth");
    await writeFile(path, unpacked(files.views!.zip));
    const file = await PyTorchFile.open(path);
    const [first, second] = [await file.tensor("whole"), await file.tensor("whole")];
    (first.data as Float32Array).fill(0);
    expect(second.data[5]).toBe(5);
    expect((await file.tensor("flat")).data).toEqual(Float32Array.of(7, 8));
    await file.close();
  });

  it("names the file and the tensor", async () => {
    const path = folder.file("small.pth");
    await writePyTorch(path, small);
    await expect(readPyTorch(path, { names: ["w", "c"] })).rejects.toMatchObject({
      name: "PyTorchError",
      path,
      tensor: "c",
      message: `${path}: tensor "c": there is none of that name`,
    });
    await writeFile(path, dictOf(tensor()));
    await expect(PyTorchFile.open(path)).rejects.toMatchObject({ name: "PyTorchError", path, tensor: null });
  });

  it("reads some of the tensors", async () => {
    const path = folder.file("small.pth");
    await writePyTorch(path, small);
    expect((await readPyTorch(path, { names: ["b"] })).tensors).toEqual(new Map([["b", small.get("b")]]));
  });

  it("notices a file that shrinks while it is open", async () => {
    const path = folder.file("legacy.pth");
    await writeFile(path, legacyFile(dictOf(tensor())));
    const file = await PyTorchFile.open(path);
    await truncate(path, 100);
    await expect(file.tensor("w")).rejects.toMatchObject({ name: "PyTorchError", path, tensor: "w" });
    await file.close();
  });

  it("reads big-endian files", async () => {
    const record = { name: "archive/byteorder", content: Buffer.from("big") };
    const swapped = Buffer.from(SIX).swap32();
    const read = await parsePyTorch(zipFile(dictOf(tensor()), { "0": swapped }, [record]));
    expect(read.tensors.get("w")?.data).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
  });

  it("reads deflated entries, and any folder's name or none", async () => {
    const deflated = { name: "über/data/0", content: SIX, deflate: true };
    for (const bytes of [
      zipFile(dictOf(tensor()), {}, [deflated], "über/"),
      zipFile(dictOf(tensor()), undefined, [], ""),
    ]) {
      expect((await parsePyTorch(bytes)).tensors.get("w")?.data).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
    }
  });

  it("reads what a part of a storage is, as the oldest files have it", async () => {
    const id = pickle(
      "(",
      text("storage"),
      "ctorch\nFloatStorage\n",
      text("0"),
      text("cpu"),
      "K\x06(",
      text("part"),
      "K\x02K\x03ttQ",
    );
    const old = pickle("ctorch._utils\n_rebuild_tensor\n(", id, "K\x01K\x02\x85K\x01\x85tR");
    expect((await parsePyTorch(legacyFile(dictOf(old)))).tensors.get("w")?.data).toEqual(Float32Array.of(3, 4));
  });

  it("reads what protocol 0 has, and names that mean something to JavaScript", async () => {
    const data = pickle(
      "(dp0\nS'epoch'\nI12\nsS'caf\\xc3\\xa9'\nF2.5\nsS'yes'\nI01\nsS'long'\nL123456789012345678901L\nsV__proto__\n",
      tensor(),
      "sV\\u6f22\nNs.",
    );
    const read = await parsePyTorch(zipFile(data));
    expect([...read.tensors.keys()]).toEqual(["__proto__"]);
    expect([...read.values]).toEqual([
      ["epoch", 12],
      ["café", 2.5],
      ["yes", true],
      ["long", 123456789012345678901n],
      ["漢", null],
    ]);
  });

  it("finds the state dict where programs put it, or asks", async () => {
    const weights = pickle("}", text("w"), tensor(), "s");
    const checkpoint = (...keys: string[]) =>
      zipFile(pickle("}", ...keys.map((key) => pickle(text(key), weights, "s")), "."));
    expect((await parsePyTorch(checkpoint("backbone", "optimizer"))).entry).toEqual(["backbone"]);
    expect((await parsePyTorch(checkpoint("ema", "model"))).entry).toEqual(["model"]);
    const beside = (key: string) => zipFile(pickle("}", text("backbone"), weights, "s", text(key), tensor(), "s."));
    expect((await parsePyTorch(beside("rng_state"))).entry).toEqual(["backbone"]);
    await expect(parsePyTorch(beside("mean"))).rejects.toThrow('[] (1 tensors), ["backbone"] (1 tensors)');
    await expect(parsePyTorch(checkpoint("generator", "discriminator"))).rejects.toThrow('["generator"] (1 tensors)');
    expect((await parsePyTorch(checkpoint("generator", "discriminator"), { entry: "generator" })).entry).toEqual([
      "generator",
    ]);
  });
});

describe("files of many gigabytes", () => {
  it("ZIP: 64-bit sizes and positions are written and read, a part without the rest", async () => {
    // The large entry is a hole in the file, which takes no space.
    const vast = 5 * 2 ** 30;
    const path = folder.file("vast.pth");
    const data = pickle(
      "}(",
      text("vast"),
      tensor({
        type: "ByteStorage",
        key: "0",
        length: "\x8a\x05\0\0\0\x40\x01",
        size: "\x8a\x05\0\0\0\x40\x01\x85",
        stride: "K\x01\x85",
      }),
      text("small"),
      tensor({ key: "1" }),
      "u.",
    );
    const file = await open(path, "w");
    let position = 0;
    const zip = new ZipWriter({
      get position() {
        return position;
      },
      async append(bytes) {
        if (bytes.length < vast) await file.write(bytes, 0, bytes.length, position);
        position += bytes.length;
      },
    });
    await zip.add("archive/data.pkl", data);
    // As many bytes as it says it has, without having them; its checksum of 0 says that there is none.
    await zip.add("archive/data/0", Object.defineProperty(new Uint8Array(0), "length", { value: vast }));
    await zip.add("archive/data/1", SIX);
    await zip.finish();
    await file.close();
    const { tensors } = await readPyTorch(path, { names: ["small"] });
    expect(tensors.get("small")?.data).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
    const opened = await PyTorchFile.open(path);
    expect(opened.infos.get("vast")).toEqual({ dtype: "U8", shape: [vast] });
    await opened.close();
  });

  it("legacy: a pickle beyond the first megabyte, storages beyond 4 GiB", async () => {
    const vast = 5 * 2 ** 30;
    const path = folder.file("vast.pth");
    const length = "\x8a\x05\0\0\0\x50\x00"; // in elements of float32
    const data = pickle(
      "}(",
      text("note"),
      text("x".repeat(3_000_000)),
      text("vast"),
      tensor({ key: "0", length, size: `${length}\x85`, stride: "K\x01\x85" }),
      text("small"),
      tensor({ key: "1" }),
      "u.",
    );
    const whole = legacyFile(data, { "0": new Uint8Array(0), "1": SIX });
    const start = whole.length - 2 * 8 - SIX.length;
    const file = await open(path, "w");
    await file.write(whole, 0, start, 0);
    const count = Buffer.alloc(8);
    count.writeBigInt64LE(BigInt(vast / 4));
    await file.write(count, 0, 8, start);
    await file.write(whole, start + 8, 8 + SIX.length, start + 8 + vast);
    await file.close();
    const { tensors } = await readPyTorch(path, { names: ["small"] });
    expect(tensors.get("small")?.data).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
  });
});

describe("writePyTorch", () => {
  it("replaces a file and leaves nothing else behind", async () => {
    const path = folder.file("small.pth");
    await writeFile(path, "old");
    await writePyTorch(path, small);
    expect((await readPyTorch(path)).tensors).toEqual(small);
    expect(await readdir(folder.path)).toEqual(["small.pth"]);
  });

  it("leaves the old file as it was when it fails", async () => {
    const path = folder.file("small.pth");
    await writePyTorch(path, small);
    const before = await readFile(path);
    const wrong: NamedArrays = new Map([["w", { dtype: "F32", shape: [3], data: new Float32Array(2) }]]);
    await expect(writePyTorch(path, wrong)).rejects.toMatchObject({ name: "PyTorchError", tensor: "w" });
    const surrogate: NamedArrays = new Map([["\ud800", small.get("w")!]]);
    await expect(writePyTorch(path, surrogate)).rejects.toMatchObject({ name: "PyTorchError", tensor: "\ud800" });
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(folder.path)).toEqual(["small.pth"]);
  });

  it("takes an open file of another format, or tensors in any order", async () => {
    const path = folder.file("copy.pth");
    const stream: TensorStream = {
      infos: small,
      tensors: (async function* () {
        yield* [...small].reverse();
      })(),
    };
    await writePyTorch(path, stream);
    const copy = await PyTorchFile.open(path);
    expect([...copy.infos.keys()]).toEqual(["w", "b"]);
    await writeSafetensors(folder.file("copy.safetensors"), copy);
    await copy.close();
    expect((await readPyTorch(path)).tensors).toEqual(small);
  });

  it("lets storages begin where they can be mapped into memory", async () => {
    const path = folder.file("small.pth");
    await writePyTorch(path, small);
    const bytes = await readFile(path);
    expect(bytes.indexOf(Buffer.from(Float32Array.of(1, 2).buffer)) % 64).toBe(0);
  });
});
