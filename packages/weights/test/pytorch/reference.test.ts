import { parsePyTorch, serializePyTorch } from "@roga/weights";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/errors.js";
import { asExpected, references, unpacked } from "./reference.js";

/** What each file that is to be refused is refused with. */
const REFUSALS: Readonly<Record<string, string>> = {
  complex: "complex numbers are not read",
  sparse: "sparse tensors are not read",
  quantized: "quantized tensors are not read",
  meta: "tensors without data are not read",
  module: "save the state_dict() instead",
  negated: "metadata",
  "one tensor": "one tensor without a name",
  "a list": "expected a dictionary, the file holds a list",
  nothing: 'no dictionary of tensors; its keys: the text "epoch", the text "names"',
  "two state dicts": '["model"] (1 tensors), ["net"] (1 tensors)',
  "a number for a name": "expected names for tensors, got 3",
  script: "TorchScript",
};

describe.each(references)("files of PyTorch $version", ({ files, protocols, more, refused }) => {
  it.each(Object.entries(files))("reads %s in both formats", async (_, { zip, legacy, tensors, entry }) => {
    for (const file of [zip, legacy]) {
      const read = await parsePyTorch(unpacked(file));
      expect(asExpected(read.tensors)).toEqual(tensors);
      expect([...read.tensors.keys()]).toEqual(Object.keys(tensors));
      expect(read.entry).toEqual(entry);
    }
  });

  it.each(Object.entries(protocols))("reads protocol %s of pickles", async (_, { zip, legacy }) => {
    for (const file of [zip, legacy]) {
      expect(asExpected((await parsePyTorch(unpacked(file))).tensors)).toEqual(files["a checkpoint"]!.tensors);
    }
  });

  it("tells what stands beside a state dict", async () => {
    const { values, others } = await parsePyTorch(unpacked(files["a checkpoint"]!.zip));
    expect(others).toEqual([]);
    expect(values).toEqual(
      new Map<string, unknown>([
        ["epoch", 12],
        ["arch", "net"],
        ["best", 0.5],
        ["done", false],
        ["note", null],
        ["large", 2n ** 70n],
      ]),
    );
  });

  it("reads what another entry holds", async () => {
    const file = unpacked(files["a checkpoint"]!.zip);
    const read = await parsePyTorch(file, { entry: ["optimizer", "state", "0"] });
    expect([...read.tensors.keys()]).toEqual(["step", "exp_avg", "exp_avg_sq"]);
    expect(read.tensors.get("exp_avg")?.shape).toEqual([2, 3, 3, 3]);
    expect([...(await parsePyTorch(file, { entry: [] })).tensors.keys()]).toEqual(["rng_state"]);
    const { others } = await parsePyTorch(file, { entry: [] });
    expect(others).toContain("args");
    expect((await errorOf(() => parsePyTorch(file, { entry: "epoch" }))).message).toContain("got 12");
    expect((await errorOf(() => parsePyTorch(file, { entry: ["state_dict", "none"] }))).message).toContain(
      'no "none" at level 1; its keys: the text "module.conv1.weight"',
    );
  });

  it.each(Object.entries(more))("reads a file %s", async (_, { zip, tensors }) => {
    expect(asExpected((await parsePyTorch(unpacked(zip))).tensors)).toEqual(tensors);
  });

  it.each(Object.entries(refused))("refuses %s", async (name, file) => {
    const error = await errorOf(() => parsePyTorch(unpacked(file)));
    expect(error.name).toBe("PyTorchError");
    expect(error.message).toContain(REFUSALS[name]!);
  });

  it("writes what it read, the same tensors in the same order", async () => {
    for (const { zip } of Object.values(files)) {
      const { tensors } = await parsePyTorch(unpacked(zip));
      const again = await parsePyTorch(await serializePyTorch(tensors));
      expect(again).toEqual({ tensors, entry: [], others: [], values: new Map() });
      expect([...again.tensors.keys()]).toEqual([...tensors.keys()]);
    }
  });
});
