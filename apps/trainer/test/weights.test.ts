/** `roga weights`: what is written, printed and refused. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { build, exportWeights, loadWeights } from "@roga/backbones";
import { use } from "@roga/runtime";
import {
  type NamedArray,
  type NamedArrays,
  readSafetensors,
  readWeights,
  toFloat32,
  writeWeights,
} from "@roga/weights";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { convertWeightFile } from "../src/commands/weights-convert.js";
import { diffWeights } from "../src/commands/weights-diff.js";
import { inspectWeights } from "../src/commands/weights-inspect.js";
import { messageOf } from "../src/output/printable.js";
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
  for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal);
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

  it("writes a mean beyond all numbers as text in JSON", async () => {
    const huge: NamedArray = { dtype: "F64", shape: [2], data: Float64Array.of(1e308, 1e308) };
    await inspectWeights(await file("a.npz", new Map([["w", huge]])), { json: true, stats: true });
    expect(JSON.parse(printed[0]!).tensors[0].stats).toMatchObject({ max: 1e308, mean: "Infinity" });
  });
});

describe("names from files", () => {
  /** A byte that starts a sequence, a line break, separators, and what turns the direction of the text after it. */
  const nasty = ["\u001b[2J", "a\nb", "\u009b2J", "\u007f", "\u2028", "\u2029", "\u202e", "\u2066", "\u200f"];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200f]/;
  const arrays = (...values: number[]) => new Map(nasty.map((name) => [name, floats(...values)]));

  it("are printed without characters that steer a terminal", async () => {
    const a = await file("a.safetensors", arrays(1));
    const b = await file("b.safetensors", new Map([...arrays(2), ["\u009b1", floats(1)]]));
    const c = await file("c.safetensors", new Map([...arrays(1, 2), ["\u009b2", floats(1)]]));
    for (const json of [false, true]) {
      await inspectWeights(a, { json });
      await diffWeights(a, b, { json });
      await diffWeights(b, c, { json });
    }
    expect(printed.join("\n")).not.toMatch(unsafe);
    expect(printed[0]).toContain("\\u009b2J");
    expect(printed[0]!.split("\n")).toHaveLength(1 + nasty.length);
    const json = printed.filter((text) => text.startsWith("{")).map((text) => JSON.parse(text));
    expect(json[0].tensors.map(({ name }: { name: string }) => name).sort()).toEqual(nasty.toSorted());
    expect(json[2]).toMatchObject({ missing: ["\u009b1"], unexpected: ["\u009b2"] });
  });

  it("are quoted in errors the same way", async () => {
    await use("cpu");
    const from = await file("a.safetensors", arrays(1));
    const to = join(folder, "b.npz");
    const thrown = async (change: object) =>
      convertWeightFile(from, to, { ...flags, ...change }).catch((e: Error) => e);
    const ofBackbone = await thrown({ backbone: "meso4" });
    expect(messageOf(ofBackbone as Error)).not.toMatch(unsafe);
    expect(messageOf(ofBackbone as Error)).not.toContain("\n");
    const twice = await thrown({ rename: new Map([["\u009b2J", "a\nb"]]) });
    expect((twice as Error).message).toBe('both "a\\u000ab" and "\\u009b2J" would be called "a\\u000ab"');
    expect(messageOf(new Error("two\nlines \u001b"))).toBe("two\nlines \\u001b");
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

  it("keeps a safetensors file's metadata where the target has a place for them", async () => {
    const from = join(folder, "a.safetensors");
    await writeWeights(from, new Map([["w", floats(1)]]), { metadata: { licence: "MIT" } });
    const to = join(folder, "b.safetensors");
    await convertWeightFile(from, to, { ...flags, dtype: "F16" });
    expect((await readSafetensors(to)).metadata).toEqual({ licence: "MIT" });
    await convertWeightFile(from, join(folder, "b.npz"), flags);
    expect(printed.at(-1)).toBe("not kept: the file's metadata, which only safetensors files have a place for");
  });

  it("says of which network the weights are, and refuses them for another variant", async () => {
    await use("cpu");
    const backbone = build("meso4", { variant: "deepfakebench", inputSize: 64, classes: 2 });
    const theirs = await file("a.pth", exportWeights(backbone, "pytorch"));
    backbone.dispose();
    const ours = join(folder, "ours.safetensors");
    const meso = { ...flags, backbone: "meso4", inputSize: 64 };
    await convertWeightFile(theirs, ours, { ...meso, variant: "deepfakebench" });
    const { metadata } = await readSafetensors(ours);
    expect(metadata).toEqual({ "roga.backbone": "meso4", "roga.variant": "deepfakebench" });
    // Back without naming the variant, which the file does.
    await convertWeightFile(ours, join(folder, "back.npz"), { ...meso, to: "pytorch" });
    expect(new Map(await readWeights(join(folder, "back.npz")))).toEqual(new Map(await readWeights(theirs)));
    const other = convertWeightFile(ours, join(folder, "c.npz"), { ...meso, variant: "keras" });
    await expect(other).rejects.toThrow("metadata say that its weights are of meso4 (deepfakebench)");
    const size = convertWeightFile(ours, join(folder, "c.npz"), { ...meso, inputSize: 128 });
    await expect(size).rejects.toThrow("fc1/kernel has shape [64,16] where [256,16] is expected");
  });

  it("drops nothing that was trained unless it is told to, and prints what it drops", async () => {
    await use("cpu");
    const options = { inputSize: 32, classes: 2, initialWeights: "zeros" } as const;
    const backbone = build("xception", options);
    const trained = new Map(exportWeights(backbone, "pytorch"));
    backbone.dispose();
    trained.set("adjust_channel.0.bias", { dtype: "F32", shape: [512], data: new Float32Array(512).fill(0.5) });
    const from = await file("a.safetensors", trained);
    const to = join(folder, "b.safetensors");
    const xception = { ...flags, backbone: "xception", inputSize: 32 };
    await expect(convertWeightFile(from, to, xception)).rejects.toThrow(
      "xception (deepfakebench) has no use for adjust_channel.0.bias, and they are not empty: give --drop-unused",
    );
    expect(await readdir(folder)).toEqual(["a.safetensors"]);
    await convertWeightFile(from, to, { ...xception, dropUnused: true });
    expect(printed[0]).toMatch(/^not used: 41 counters \*\.num_batches_tracked, adjust_channel\.0\.bias, adjust/);
  });

  it("takes the form with adjusted channels", async () => {
    await use("cpu");
    const backbone = build("resnet18", { adjustChannel: true, inputSize: 32, classes: 2, initialWeights: "zeros" });
    const from = await file("a.safetensors", exportWeights(backbone, "pytorch"));
    const count = backbone.weightNames.length;
    backbone.dispose();
    const to = join(folder, "b.safetensors");
    const resnet = { ...flags, backbone: "resnet18", inputSize: 32 };
    await expect(convertWeightFile(from, to, resnet)).rejects.toThrow("it looks like the form with adjustChannel");
    await convertWeightFile(from, to, { ...resnet, adjustChannel: true });
    expect((await readSafetensors(to)).tensors.size).toBe(count);
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
    ["a variant of no backbone", "b.npz", { variant: "keras" }, "--variant needs --backbone"],
    ["a form that there is not", "b.npz", { backbone: "meso4", adjustChannel: true }, "has no such form"],
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

  it("is exact where 64-bit integers are beyond 2^53, and where both are numbers of other types", async () => {
    const integers = (dtype: "I64" | "U64", ...values: bigint[]): NamedArray =>
      dtype === "I64"
        ? { dtype, shape: [values.length], data: BigInt64Array.from(values) }
        : { dtype, shape: [values.length], data: BigUint64Array.from(values) };
    const most = 2n ** 63n - 1n;
    const arrays = (...values: bigint[]) => new Map([["n", integers("I64", ...values)]]);
    const a = await file("a.npz", new Map([...arrays(2n ** 53n, most), ["f", integers("U64", 2n ** 53n + 1n)]]));
    const next = { dtype: "F64", shape: [1], data: Float64Array.of(2 ** 53) } as const;
    const b = await file("b.npz", new Map([...arrays(2n ** 53n + 1n, most), ["f", next as NamedArray]]));
    await diffWeights(a, b, { json: true });
    const { changed, retyped } = JSON.parse(printed[0]!);
    expect(changed).toEqual([
      { name: "n", deviation: 1, scale: String(most) },
      { name: "f", deviation: 1, scale: String(2n ** 53n + 1n) },
    ]);
    expect(retyped).toHaveLength(1);
    await diffWeights(await file("c.npz", arrays(-most)), await file("d.npz", arrays(most)), {});
    expect(printed[1]).toMatch(/^ {2}n +1\.84e\+19 +9\.22e\+18$/m);
  });

  it("writes infinite deviations as text in JSON", async () => {
    const one = await file("a.npz", new Map([["w", floats(1)]]));
    const other = await file("b.npz", new Map([["w", floats(Number.NaN)]]));
    await diffWeights(one, other, { json: true });
    expect(JSON.parse(printed[0]!).changed).toEqual([{ name: "w", deviation: "Infinity", scale: 1 }]);
  });

  it("finds equal what is, NaNs included, in whichever format", async () => {
    const arrays = new Map([["w", floats(1, Number.NaN, Number.NEGATIVE_INFINITY)]]);
    await diffWeights(await file("a.npz", arrays), await file("b.safetensors", arrays), {});
    expect(process.exitCode).toBe(0);
    expect(printed).toEqual(["equal: all 1 tensors"]);
  });
});
