import { symlink, writeFile } from "node:fs/promises";
import { readTensorFlowJs, TensorFlowJsError, TensorFlowJsFile } from "@roga/weights";
import { io, tensor } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/errors.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { writeModel } from "./model.js";

const folder = temporaryFolder();

const bytes = (...values: number[]) => Uint8Array.from(values);
const one = { name: "w", shape: [2], dtype: "uint8" };
const floats = { name: "w", shape: [2], dtype: "float32" };

describe("against TensorFlow.js", () => {
  it("reads what it encodes, over files that end within a weight", async () => {
    const { data, specs } = await io.encodeWeights({
      "conv/kernel": tensor([1.5, -2, 3e-40, Number.NaN, 5, 6], [1, 2, 3], "float32"),
      steps: tensor([7, -(2 ** 31)], [2], "int32"),
      mask: tensor([true, false, true], [3], "bool"),
      scalar: tensor(0.25),
    });
    const all = new Uint8Array(data);
    const manifest = [{ paths: ["a.bin", "b/c.bin", "d.bin"], weights: specs }];
    const files = { "a.bin": all.slice(0, 5), "b/c.bin": all.slice(5, 6), "d.bin": all.slice(6) };
    const read = await readTensorFlowJs(await writeModel(folder.path, manifest, files));
    const expected = io.decodeWeights(data, specs);
    expect([...read.keys()]).toEqual(Object.keys(expected));
    for (const [name, array] of read) {
      expect(array.shape).toEqual(expected[name]!.shape);
      expect([...array.data]).toEqual([...expected[name]!.dataSync()]);
    }
  });

  it("reads quantized weights as it does", async () => {
    const specs: io.WeightsManifestEntry[] = [
      { name: "u8", shape: [4], dtype: "float32", quantization: { dtype: "uint8", scale: 0.1, min: -3.7 } },
      { name: "i8", shape: [3], dtype: "int32", quantization: { dtype: "uint8", scale: 2.5, min: -7 } },
      { name: "u16", shape: [2], dtype: "float32", quantization: { dtype: "uint16", scale: 1e-3, min: 5 } },
      { name: "f16", shape: [5], dtype: "float32", quantization: { dtype: "float16" } },
      { name: "plain", shape: [1], dtype: "float32" },
    ];
    const half = new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x8000).buffer);
    const words = new Uint8Array(Uint16Array.of(0, 65535).buffer);
    const plain = new Uint8Array(Float32Array.of(0.1).buffer);
    const data = bytes(0, 1, 128, 255, 0, 3, 255, ...words, ...half, ...plain);
    const path = await writeModel(folder.path, [{ paths: ["w.bin"], weights: specs }], { "w.bin": data });
    const expected = io.decodeWeights(data.buffer, specs);
    for (const [name, array] of await readTensorFlowJs(path)) {
      expect(array.dtype).toBe(name === "i8" ? "I32" : "F32");
      expect([...array.data]).toEqual([...expected[name]!.dataSync()]);
    }
  });
});

it("reads single tensors, and says which it lacks", async () => {
  const manifest = [
    { paths: ["a"], weights: [{ ...floats, name: "x", shape: [1] }] },
    { paths: ["b"], weights: [{ ...floats, name: "y", shape: [1] }] },
  ];
  const [a, b] = [Float32Array.of(1), Float32Array.of(2)].map(({ buffer }) => new Uint8Array(buffer));
  const path = await writeModel(folder.path, manifest, { a: a!, b: b! });
  const model = await TensorFlowJsFile.open(path);
  expect(model.format).toBe("layers-model");
  expect((await model.tensor("y")).data).toEqual(Float32Array.of(2));
  await expect(model.tensor("z")).rejects.toMatchObject({ name: "TensorFlowJsError", path, tensor: "z" });
});

describe("refuses", () => {
  const group = (change: object) => [{ paths: ["w.bin"], weights: [{ ...floats, ...change }] }];
  it.each<[string, unknown, string]>([
    ["no manifest", undefined, "weightsManifest: expected a list"],
    ["a group that is none", [3], "weightsManifest[0]: expected an object"],
    ["no paths", [{ weights: [] }], "paths: expected a list"],
    ["no weights", [{ paths: [] }], "weights: expected a list"],
    ["a weight without a name", [{ paths: [], weights: [{}] }], "objects with a name"],
    ["a weight twice", [{ paths: ["w.bin"], weights: [floats, floats] }], "twice"],
    ["text", group({ dtype: "string" }), 'got "string"'],
    ["complex numbers", group({ dtype: "complex64" }), 'got "complex64"'],
    ["a dtype that objects have by birth", group({ dtype: "toString" }), 'got "toString"'],
    ["a negative dimension", group({ shape: [-1] }), "whole numbers"],
    ["10⁹ elements", group({ shape: [1e9] }), "take 4000000000 bytes"],
    ["a shape that overflows", group({ shape: [2 ** 31, 2 ** 31] }), "too large"],
    ["quantization without a scale", group({ quantization: { dtype: "uint8", min: 0 } }), "scale and min"],
    ["another quantization", group({ quantization: { dtype: "uint4" } }), 'got "uint4"'],
    [
      "quantized truth values",
      group({ dtype: "bool", quantization: { dtype: "uint8", scale: 1, min: 0 } }),
      "quantization",
    ],
    ["files of another length", group({ shape: [3] }), 'take 12 bytes, the files "w.bin" have 8'],
    ["a missing file", [{ paths: ["x.bin"], weights: [floats] }], '"x.bin" is missing'],
    ...[
      "../w.bin",
      "/etc/passwd",
      "a/../../w",
      "https://host/w.bin",
      "file:w",
      "a\\b",
      "C:w",
      "",
      "a//b",
      "./w",
      "w\0",
    ].map((path): [string, unknown, string] => [
      `the path ${JSON.stringify(path)}`,
      [{ paths: [path], weights: [] }],
      "below",
    ]),
  ])("%s", async (_, manifest, message) => {
    const path = await writeModel(folder.path, manifest, { "w.bin": new Uint8Array(8) });
    const error = await errorOf(() => readTensorFlowJs(path));
    expect(error).toBeInstanceOf(TensorFlowJsError);
    expect(error.path).toBe(path);
    expect(error.message).toContain(message);
  });

  it("a truth value of 2, text that is no JSON, a link out of the folder", async () => {
    const bools = [{ paths: ["w.bin"], weights: [{ ...one, dtype: "bool" }] }];
    const path = await writeModel(folder.path, bools, { "w.bin": bytes(1, 2) });
    expect((await errorOf(() => readTensorFlowJs(path))).message).toContain("BOOL element 1 is 2");
    await symlink("/etc/hostname", folder.file("link"));
    await writeModel(folder.path, [{ paths: ["link"], weights: [] }], {});
    expect((await errorOf(() => readTensorFlowJs(path))).message).toContain("link out of the folder");
    await writeFile(path, "{");
    expect((await errorOf(() => readTensorFlowJs(path))).message).toContain("not JSON");
  });
});
