import "@tensorflow/tfjs";
import { join } from "node:path";
import { expectNoTensorLeak, useTestEngine } from "@roga/test-support";
import { type NamedArray, readSafetensors, writeSafetensors } from "@roga/weights";
import * as tf from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import { DuplicateWeightNameError, loadWeights, WeightMismatchError } from "../src/index.js";
import { namedWeights } from "../src/model-weights.js";
import { toNamedArrays } from "../src/tensor-arrays.js";
import { bitsOf, temporaryFolder } from "./support/runs.js";
import { tinyModel } from "./support/synthetic.js";

beforeAll(useTestEngine);

async function arraysOf(model: ReturnType<typeof tinyModel>): Promise<Map<string, NamedArray>> {
  return new Map(await toNamedArrays(Object.fromEntries(namedWeights(model))));
}

describe("loadWeights", () => {
  test("from a file gives the weights that were saved, bit for bit", async () => {
    const source = tinyModel({ seed: 3 });
    const target = tinyModel({ seed: 4 });
    expect(bitsOf(target)).not.toEqual(bitsOf(source));
    const path = join(await temporaryFolder(), "weights.safetensors");
    await writeSafetensors(path, await arraysOf(source));
    const report = await expectNoTensorLeak(async () => loadWeights(target, path));
    expect(bitsOf(target)).toEqual(bitsOf(source));
    expect(report).toEqual({
      loaded: [
        "conv/kernel",
        "bn/gamma",
        "bn/beta",
        "head/kernel",
        "head/bias",
        "bn/moving_mean",
        "bn/moving_variance",
      ],
      ...{ missing: [], unexpected: [], reshaped: [] },
    });
    // The names in the file are the layers' own, although this process built the model twice.
    expect([...(await readSafetensors(path)).tensors.keys()]).toContain("conv/kernel");
  });

  async function damaged(): Promise<Map<string, NamedArray>> {
    const arrays = await arraysOf(tinyModel({ seed: 4 }));
    arrays.delete("bn/beta");
    arrays.set("tail/bias", { dtype: "F32", shape: [1], data: Float32Array.of(1) });
    arrays.set("head/bias", { dtype: "I32", shape: [1], data: Int32Array.of(1) });
    arrays.set("conv/kernel", { dtype: "F32", shape: [3, 3, 4, 3], data: new Float32Array(108) });
    return arrays;
  }

  test("reports every difference at once and loads nothing", async () => {
    const model = tinyModel();
    const before = bitsOf(model);
    const error = await loadWeights(model, await damaged()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WeightMismatchError);
    const { report, message } = error as WeightMismatchError;
    expect(report).toMatchObject({
      missing: ["bn/beta"],
      unexpected: ["tail/bias"],
      reshaped: [
        { name: "conv/kernel", expected: "float32 [3, 3, 3, 4]", received: "float32 [3, 3, 4, 3]" },
        { name: "head/bias", expected: "float32 [1]", received: "int32 [1]" },
      ],
    });
    for (const name of ["bn/beta", "tail/bias", "conv/kernel", "head/bias"]) expect(message).toContain(name);
    expect(bitsOf(model)).toEqual(before);
  });

  test("loads the rest if every difference is excepted by name", async () => {
    const model = tinyModel();
    const before = bitsOf(model);
    const except = ["bn/beta", "tail/bias", "conv/kernel", "head/bias"];
    await expect(loadWeights(model, await damaged(), { except: except.slice(1) })).rejects.toThrow(
      "missing 1: bn/beta",
    );
    const report = await loadWeights(model, await damaged(), { except });
    expect(report.loaded).toEqual(["bn/gamma", "head/kernel", "bn/moving_mean", "bn/moving_variance"]);
    const after = bitsOf(model);
    expect(after["head/kernel"]).not.toBe(before["head/kernel"]);
    expect(after["conv/kernel"]).toBe(before["conv/kernel"]);
  });

  test("refuses a model whose weights share a name", async () => {
    const nested = () => sequential({ layers: [layers.dense({ units: 2, inputShape: [2], name: "same" })] });
    const model = sequential({ layers: [nested(), nested()] });
    await expect(loadWeights(model, new Map())).rejects.toThrow(DuplicateWeightNameError);
    await expect(loadWeights(model, new Map())).rejects.toThrow('"same/kernel" twice');
  });
});

test("arrays of kinds that weights cannot be are refused", async () => {
  await expect(toNamedArrays({ text: tf.tensor1d(["a"]) })).rejects.toThrow("got string");
  const model = tinyModel();
  const arrays = await arraysOf(model);
  arrays.set("head/bias", { dtype: "F16", shape: [1], data: Uint16Array.of(0) });
  await expect(loadWeights(model, arrays)).rejects.toThrow("head/bias (expected float32 [1], got F16 [1])");
});
