/** `roga weights`: what is written, printed and refused. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { build, exportWeights, loadWeights } from "@roga/backbones";
import { use } from "@roga/runtime";
import { type NamedArray, type NamedArrays, readWeights, toFloat32, writeWeights } from "@roga/weights";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { convertWeightFile } from "../src/commands/weights-convert.js";
import { diffWeights } from "../src/commands/weights-diff.js";
import { inspectWeights } from "../src/commands/weights-inspect.js";
import { castArray } from "../src/weights/cast.js";
import { temporaryFolder } from "./support/temporary-folder.js";

let folder: string;
let printed: string[];
beforeEach(async () => {
  folder = await temporaryFolder();
  printed = [];
  vi.spyOn(console, "log").mockImplementation((text) => void printed.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

const floats = (...values: number[]): NamedArray => ({
  dtype: "F32",
  shape: [values.length],
  data: Float32Array.of(...values),
});
const flags = { classes: 2, to: "roga" } as const;

async function file(name: string, arrays: NamedArrays): Promise<string> {
  const path = join(folder, name);
  await writeWeights(path, arrays);
  return path;
}

describe("inspect", () => {
  it("prints a table, figures and totals", async () => {
    const path = await file("a.npz", new Map([["w", floats(1, Number.NaN, -3, Number.POSITIVE_INFINITY)]]));
    await inspectWeights(path, { stats: true });
    expect(printed[0]!.split("\n")).toEqual([
      "name  dtype  shape  min  max  mean  NaN  infinite",
      "w     F32    [4]    -3   1    -1    1    1",
    ]);
    expect(printed.at(-1)).toContain("npz: 1 tensors, 4 elements, 16 bytes");
  });

  it("tells the backbone by the names, also as JSON", async () => {
    await use("cpu");
    const backbone = build("meso4");
    const path = await file("meso.safetensors", exportWeights(backbone, "keras"));
    backbone.dispose();
    await inspectWeights(path, { json: true });
    const { format, totals, architectures } = JSON.parse(printed[0]!);
    expect(format).toBe("safetensors");
    expect(totals.bytes).toBe(totals.elements * 4);
    expect(architectures).toMatchObject([{ name: "meso4", source: "keras" }]);
  });

  it("lets no name move the cursor", async () => {
    await inspectWeights(await file("a.npz", new Map([["\u001b[2J", floats(1)]])), {});
    expect(printed[0]).not.toContain("\u001b");
  });
});

describe("convert", () => {
  it("changes format, names and element type", async () => {
    const steps: NamedArray = { dtype: "I64", shape: [], data: BigInt64Array.of(7n) };
    const from = await file(
      "a.pth",
      new Map([
        ["module.w", floats(1, -2)],
        ["module.b", floats(0.1)],
        ["steps", steps],
      ]),
    );
    const to = join(folder, "b.safetensors");
    await convertWeightFile(from, to, {
      ...flags,
      stripPrefix: "module.",
      rename: new Map([["b", "bias"]]),
      dtype: "F16",
    });
    const read = await readWeights(to);
    expect(read.get("w")).toEqual({ dtype: "F16", shape: [2], data: Uint16Array.of(0x3c00, 0xc000) });
    expect([...read.keys()].sort()).toEqual(["bias", "steps", "w"]);
    expect(read.get("steps")).toEqual(steps);
  });

  it("takes weights through a backbone to our names and back", async () => {
    await use("cpu");
    const backbone = build("meso4", { seed: 3 });
    const theirs = exportWeights(backbone, "keras");
    const ours = exportWeights(backbone, "roga");
    backbone.dispose();
    const there = join(folder, "ours.safetensors");
    await convertWeightFile(await file("keras.npz", theirs), there, { to: "roga", backbone: "meso4", classes: 1 });
    expect(new Map(await readWeights(there))).toEqual(new Map(ours));
    const back = join(folder, "back.npz");
    await convertWeightFile(there, back, { to: "keras", backbone: "meso4", classes: 1 });
    expect(new Map(await readWeights(back))).toEqual(new Map(theirs));
    const other = build("meso4", { seed: 4 });
    expect(loadWeights(other, await readWeights(back)).missing).toEqual([]);
    other.dispose();
  });

  it.each<[string, string, object, string]>([
    ["a prefix that no name has", "b.npz", { stripPrefix: "x." }, 'no tensor\'s name starts with "x."'],
    ["a name that is not there", "b.npz", { rename: new Map([["x", "y"]]) }, 'there is no tensor "x"'],
    ["two names that become one", "b.npz", { rename: new Map([["a", "b"]]) }, 'both "a" and "b" would be called "b"'],
    ["another backbone's weights", "b.npz", { backbone: "meso4" }, "is missing"],
    ["an unknown format", "b.h5", {}, "should end with"],
  ])("refuses %s and writes nothing", async (_, out, change, message) => {
    const from = await file(
      "a.npz",
      new Map([
        ["a", floats(1)],
        ["b", floats(2)],
      ]),
    );
    await expect(convertWeightFile(from, join(folder, out), { ...flags, ...change })).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual(["a.npz"]);
  });

  it("leaves the target as it was when it is interrupted", async () => {
    const from = await file("a.npz", new Map([["a", floats(1)]]));
    const to = await file("b.npz", new Map([["b", floats(2)]]));
    const before = await readFile(to);
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const writing = convertWeightFile(from, to, flags);
    process.emit("SIGINT", "SIGINT");
    await expect(writing).rejects.toMatchObject({ name: "Interrupted" });
    expect(await readFile(to)).toEqual(before);
    expect((await readdir(folder)).sort()).toEqual(["a.npz", "b.npz"]);
    process.removeAllListeners("SIGINT");
  });
});

describe("castArray", () => {
  it("rounds to half precision and bfloat16 as IEEE 754 does", () => {
    // Half precision: ties at 2049 and 2051, the smallest subnormal and half of it, the limit and the tie above it.
    const half = [2049, 2051, 2 ** -24, 2 ** -25, 2 ** -25 * 1.0001, 65504, 65519.99, 65520, -0, 1 / 3];
    const values: NamedArray = { dtype: "F64", shape: [half.length], data: Float64Array.from(half) };
    expect([...toFloat32(castArray(values, "F16"))]).toEqual([
      2048,
      2052,
      2 ** -24,
      0,
      2 ** -24,
      65504,
      65504,
      Number.POSITIVE_INFINITY,
      -0,
      0.333251953125,
    ]);
    // bfloat16: ties at 257 and 259; just above a tie that rounding to 32 bits first would lose.
    const brain: NamedArray = { dtype: "F64", shape: [4], data: Float64Array.of(257, 259, 257 + 2 ** -40, Number.NaN) };
    expect([...toFloat32(castArray(brain, "BF16"))]).toEqual([256, 260, 258, Number.NaN]);
  });
});

describe("diff", () => {
  it("lists what differs, the largest deviation first, and sets the exit status", async () => {
    const a = await file(
      "a.npz",
      new Map([
        ["same", floats(1)],
        ["x", floats(1, 2)],
        ["y", floats(1)],
        ["gone", floats(1)],
        ["s", floats(1)],
      ]),
    );
    const b = await file(
      "b.pth",
      new Map([
        ["same", floats(1)],
        ["x", floats(1, 2.5)],
        ["y", floats(4)],
        ["new", floats(1)],
        ["s", floats(1, 2)],
      ]),
    );
    await diffWeights(a, b, { json: true });
    expect(process.exitCode).toBe(1);
    expect(JSON.parse(printed[0]!)).toMatchObject({
      same: false,
      missing: ["gone"],
      unexpected: ["new"],
      reshaped: [{ name: "s" }],
      changed: [
        { name: "y", deviation: 3 },
        { name: "x", deviation: 0.5, scale: 2 },
      ],
      equal: 1,
    });
  });

  it("finds equal what is, NaNs included, in whichever format", async () => {
    const arrays = new Map([["w", floats(1, Number.NaN, Number.NEGATIVE_INFINITY)]]);
    await diffWeights(await file("a.npz", arrays), await file("b.safetensors", arrays), {});
    expect(process.exitCode).toBe(0);
    expect(printed).toEqual(["equal: all 1 tensors"]);
  });
});
