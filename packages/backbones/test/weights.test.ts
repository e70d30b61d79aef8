/** Weight files of large networks: names of several releases, wrappers, what may differ, and the way back. */
import "@tensorflow/tfjs";
import type { NamedArray } from "@roga/weights";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type Backbone,
  build,
  convertWeights,
  describedNetwork,
  exportWeights,
  identify,
  loadWeights,
  resNet,
  WeightConversionError,
  weightMetadata,
} from "../src/index.js";
import { stripPrefixes } from "../src/weights/match.js";

// Nothing is computed, so that one engine is enough.
beforeAll(async () => {
  tf.env().set("IS_TEST", true);
  await tf.setBackend("cpu");
});

/** ResNet-18 with drawn weights, and the arrays of its file. */
let backbone: Backbone;
let arrays: Map<string, NamedArray>;

beforeAll(() => {
  backbone = build("resnet18", { inputSize: 32, classes: 2 });
  arrays = new Map(exportWeights(backbone, "pytorch"));
});

const fresh = (variant = "deepfakebench", classes = 2) =>
  build("resnet18", { variant, classes, inputSize: 32, initialWeights: "zeros" });

const valuesOf = ({ model }: Backbone, name: string) =>
  model.weights
    .find(({ originalName }) => originalName === name)!
    .read()
    .dataSync();

/** Comparing millions of values one by one takes minutes. */
function expectSame(one: Backbone, other: Backbone, name: string): void {
  const [a, b] = [one, other].map((each) => valuesOf(each, name) as Float32Array);
  expect([
    name,
    Buffer.compare(
      new Uint8Array(a!.buffer, a!.byteOffset, a!.byteLength),
      new Uint8Array(b!.buffer, b!.byteOffset, b!.byteLength),
    ),
  ]).toEqual([name, 0]);
}

function renamed(source: ReadonlyMap<string, NamedArray>, rename: (name: string) => string): Map<string, NamedArray> {
  return new Map([...source].map(([name, array]) => [rename(name), array]));
}

function error(run: () => unknown): WeightConversionError {
  try {
    run();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(WeightConversionError);
    return thrown as WeightConversionError;
  }
  throw new Error("expected an error");
}

describe("a file of the network", () => {
  let copy: Backbone;
  beforeEach(() => {
    copy = fresh();
    return () => copy.dispose();
  });

  it.each(["pytorch", "roga"] as const)("written as %s comes back as it was", (source) => {
    const report = loadWeights(copy, exportWeights(backbone, source));
    expect([report.source, report.taken]).toEqual([source, backbone.weightNames.length]);
    for (const { ours } of backbone.weightNames) expectSame(copy, backbone, ours);
  });

  it("has PyTorch's shapes and counters", () => {
    expect(arrays.get("resnet.0.weight")!.shape).toEqual([64, 3, 7, 7]);
    expect(arrays.get("resnet.4.0.bn1.num_batches_tracked")).toEqual({
      dtype: "I64",
      shape: [],
      data: BigInt64Array.of(0n),
    });
  });

  it("is read below the prefixes of wrappers, which the report counts", () => {
    const wrapped = renamed(arrays, (name) => `module.backbone.${name}`);
    const { prefixes, taken } = loadWeights(copy, wrapped);
    expect(prefixes).toEqual({ "module.": arrays.size, "backbone.": arrays.size });
    expect(taken).toBe(backbone.weightNames.length);
    expectSame(copy, backbone, "logits/kernel");
  });

  it("is read by the other release's names", () => {
    const modules = ["conv1", "bn1", "", "", "layer1", "layer2", "layer3", "layer4"];
    const torchvision = renamed(arrays, (name) => name.replace(/^resnet\.(\d)/, (_, n) => modules[n]!));
    expect(torchvision.has("layer4.1.bn2.running_var")).toBe(true);
    loadWeights(copy, torchvision);
    expectSame(copy, backbone, "layer4_1_conv2/kernel");
  });

  it("with two arrays for one weight is refused", () => {
    const twice = new Map(arrays).set("module.fc.bias", arrays.get("fc.bias")!);
    expect(error(() => loadWeights(copy, twice)).report!.unexpected).toEqual(["module.fc.bias"]);
  });
});

describe("a file with another head", () => {
  it("is refused, and nothing is loaded", () => {
    const copy = fresh("deepfakebench", 1);
    const thrown = error(() => loadWeights(copy, arrays));
    expect(thrown.message).toBe(
      "resnet18 (deepfakebench): fc.weight has shape [2,512] where [1,512] is expected; " +
        "fc.bias has shape [2] where [1] is expected",
    );
    expect(thrown.report!.reshaped[0]).toEqual({ name: "fc.weight", shape: [2, 512], expected: [1, 512] });
    expect(valuesOf(copy, "conv1/kernel").every((value) => value === 0)).toBe(true);
    copy.dispose();
  });

  it("is read where the caller keeps the head", () => {
    const copy = fresh("deepfakebench", 1);
    const { kept, taken } = loadWeights(copy, arrays, { keep: ["logits/*"] });
    expect([kept, taken]).toEqual([["logits/kernel", "logits/bias"], backbone.weightNames.length - 2]);
    expectSame(copy, backbone, "conv1/kernel");
    copy.dispose();
  });

  it("names weights to keep that there are", () => {
    expect(() => convertWeights(backbone, arrays, "pytorch", { keep: ["head/*"] })).toThrow(
      'resnet18 (deepfakebench): keep: no weight of it is called "head/*"',
    );
  });

  it("may hold what the caller ignores", () => {
    const more = new Map(arrays).set("backbone.head.weight", arrays.get("fc.weight")!);
    const { report } = convertWeights(backbone, more, "pytorch", { ignore: ["head.*"] });
    expect(report.ignored).toEqual(["backbone.head.weight"]);
    expect(error(() => convertWeights(backbone, more, "pytorch")).report!.unexpected).toEqual(["backbone.head.weight"]);
  });
});

describe("Xception's files", () => {
  let xception: Backbone;
  let file: Map<string, NamedArray>;
  beforeAll(() => {
    xception = build("xception", { inputSize: 32, classes: 2, initialWeights: "zeros" });
    file = new Map(exportWeights(xception, "pytorch", { prefix: "backbone." }));
    return () => xception.dispose();
  });

  it("hold what DeepfakeBench's strict loading asks for, and its unused adjust_channel", () => {
    expect(file.get("backbone.adjust_channel.0.weight")!.shape).toEqual([512, 2048, 1, 1]);
    const norms = [...file.keys()].filter((name) => name.endsWith("running_var")).length;
    expect([...file.keys()].filter((name) => name.endsWith("num_batches_tracked"))).toHaveLength(norms);
    const { unused, lost } = loadWeights(xception, file);
    expect(unused.filter((name) => name.startsWith("adjust_channel."))).toHaveLength(7);
    expect(lost).toEqual([]);
  });

  it("may have a trained adjust_channel, which the report calls lost", () => {
    const zeros: NamedArray = { dtype: "F32", shape: [512], data: new Float32Array(512) };
    const one = new Map(file).set("backbone.adjust_channel.0.bias", { ...zeros, data: zeros.data.map((_, i) => i) });
    expect(loadWeights(xception, one).lost).toEqual(["adjust_channel.0.bias"]);
    // A variance of zero is none that a network begins with.
    one.set("backbone.adjust_channel.1.running_var", zeros);
    expect(loadWeights(xception, one).lost).toEqual(["adjust_channel.0.bias", "adjust_channel.1.running_var"]);
  });

  it("are told apart by whether channels are adjusted", () => {
    const adjusting = build("xception", {
      inputSize: 32,
      classes: 2,
      adjustChannel: true,
      initialWeights: "zeros",
    });
    const [without, along] = ["without", "with"].map(
      (form) => new RegExp(`; it looks like the form ${form} adjustChannel$`),
    );
    expect(error(() => loadWeights(adjusting, file)).message).toMatch(without!);
    expect(error(() => loadWeights(adjusting, exportWeights(xception, "roga"))).message).toMatch(without!);
    expect(error(() => loadWeights(xception, exportWeights(adjusting, "roga"))).message).toMatch(along!);
    const head = file.get("backbone.last_linear.weight")!;
    const narrow = { ...head, shape: [2, 512], data: (head.data as Float32Array).slice(0, 1024) } as NamedArray;
    const adjusted = new Map(file).set("backbone.last_linear.weight", narrow);
    expect(error(() => loadWeights(xception, adjusted)).message).toMatch(along!);
    adjusting.dispose();
  });

  it("are told from those of another variant", () => {
    const keras = build("xception", { variant: "keras", inputSize: 32, classes: 2, initialWeights: "zeros" });
    const theirs = exportWeights(keras, "keras");
    expect(error(() => loadWeights(keras, file)).message).toMatch(
      /^xception \(keras\): .*; the names look like those of xception \(deepfakebench\)$/,
    );
    expect(error(() => loadWeights(xception, theirs)).message).toMatch(
      /^xception \(deepfakebench\): .*; the names look like those of xception \(keras\)$/,
    );
    expect(error(() => convertWeights(xception, theirs, "keras")).message).toBe(
      'xception: the variant "deepfakebench" has no keras weights; the names look like those of xception (keras)',
    );
    keras.dispose();
  });

  it("may be ImageNet's: fc, and pointwise kernels of two dimensions", () => {
    const imageNet = new Map(
      [...file].map(([name, array]) => {
        const theirs = name.replace("backbone.", "").replace("last_linear", "fc");
        const [out, inputs, height] = array.shape;
        const pointwise = theirs.endsWith("pointwise.weight") && height === 1;
        return [theirs, pointwise ? ({ ...array, shape: [out!, inputs!] } as NamedArray) : array];
      }),
    );
    const { squeezed, taken } = loadWeights(xception, imageNet);
    expect([squeezed.length, taken]).toEqual([34, xception.weightNames.length]);
    expect(squeezed).toContain("block12.rep.4.pointwise.weight");
  });

  it("have a head of another name where there is dropout", () => {
    const names = (dropout: number) => {
      const { weightNames, dispose } = build("xception", { inputSize: 32, dropout, initialWeights: "zeros" });
      dispose();
      return weightNames.find(({ ours }) => ours === "logits/kernel")!.pytorch;
    };
    expect([names(0), names(0.5)]).toEqual(["last_linear.weight", "last_linear.1.weight"]);
    const dropped = renamed(file, (name) => name.replace("last_linear", "last_linear.1"));
    expect(loadWeights(xception, dropped).missing).toEqual([]);
  });

  it("are told from others'", () => {
    expect(identify(file)).toEqual([{ name: "xception", variants: ["deepfakebench"], source: "pytorch" }]);
    const thrown = error(() => convertWeights(backbone, file, "pytorch"));
    expect(thrown.message).toMatch(
      /^resnet18 \(deepfakebench\): .* and so for \d+ more; .*; the names look like those of xception \(deepfakebench\)$/,
    );
    expect(identify(arrays)).toEqual([{ name: "resnet18", variants: ["deepfakebench"], source: "pytorch" }]);
    expect(identify(new Map([["layer.weight", { shape: [1] }]]))).toEqual([]);
  });
});

it.each([
  ["resnet34", "torchvision"],
  ["resnet50", "deepfakebench"],
  ["xception", "keras"],
])("a file of %s (%s) is identified, and no other", (name, variant) => {
  const network = build(name, { variant, inputSize: 32, initialWeights: "zeros" });
  const source = variant === "keras" ? "keras" : "pytorch";
  expect(identify(exportWeights(network, source))).toEqual([{ name, variants: [variant], source }]);
  network.dispose();
});

it.each([
  ["meso4", "keras", ["keras"]],
  ["meso4", "deepfakebench", ["deepfakebench"]],
  ["mesoinception4", "keras", ["keras"]],
  ["mesoinception4", "deepfakebench", ["deepfakebench"]],
  ["xception", "keras", ["deepfakebench", "keras"]],
  ["resnet18", "torchvision", ["deepfakebench", "torchvision"]],
  ["efficientnet-b0", "keras", ["efficientnet-pytorch", "torchvision", "keras"]],
  ["efficientnet-b1", "keras", ["efficientnet-pytorch", "torchvision", "keras"]],
])("a file of %s (%s) in our own names is identified, and no other", (name, variant, variants) => {
  const network = build(name, { variant, inputSize: 32, initialWeights: "zeros" });
  expect(identify(exportWeights(network, "roga"))).toEqual([{ name, variants, source: "roga" }]);
  network.dispose();
});

describe("a file in our own names", () => {
  const meso = (variant: string) => build("meso4", { variant, inputSize: 32, initialWeights: "zeros" });

  it("says of which variant it is where the names tell", () => {
    const [keras, deepfakebench] = [meso("keras"), meso("deepfakebench")];
    expect(error(() => loadWeights(deepfakebench, exportWeights(keras, "roga"))).message).toMatch(
      /; the names look like those of meso4 \(keras\)$/,
    );
    expect(error(() => loadWeights(keras, exportWeights(deepfakebench, "roga"))).message).toMatch(
      /; the names look like those of meso4 \(deepfakebench\)$/,
    );
    for (const each of [keras, deepfakebench]) each.dispose();
  });

  it("says by its metadata where they do not, and is refused where that is another", () => {
    const torchvision = fresh("torchvision");
    const ours = exportWeights(backbone, "roga");
    const metadata = weightMetadata(backbone);
    expect(metadata).toEqual({ "roga.backbone": "resnet18", "roga.variant": "deepfakebench" });
    expect(describedNetwork(metadata)).toEqual({ backbone: "resnet18", variant: "deepfakebench" });
    expect(loadWeights(torchvision, ours).taken).toBe(backbone.weightNames.length);
    expect(loadWeights(backbone, ours, { metadata: { ...metadata, epoch: "3" } }).missing).toEqual([]);
    expect(loadWeights(torchvision, ours, { metadata: { variant: "fp16" } }).missing).toEqual([]);
    expect(error(() => loadWeights(torchvision, ours, { metadata })).message).toBe(
      "resnet18 (torchvision): the file's metadata say that its weights are of resnet18 (deepfakebench)",
    );
    expect(() => convertWeights(torchvision, ours, "roga", { metadata: { "roga.backbone": "xception" } })).toThrow(
      "the file's metadata say that its weights are of xception",
    );
    torchvision.dispose();
  });
});

it("Keras' numbers of unnamed layers may begin with none", () => {
  const network = build("xception", { variant: "keras", inputSize: 32 });
  const numbered = exportWeights(network, "keras");
  const later = renamed(numbered, (name) =>
    name.replace(/^(conv2d|batch_normalization)_(\d)/, (_, kind, n) => (n === "1" ? kind : `${kind}_${n - 1}`)),
  );
  const copy = build("xception", { variant: "keras", inputSize: 32, initialWeights: "zeros" });
  expect(later.has("conv2d/kernel:0")).toBe(true);
  loadWeights(copy, later);
  for (const name of ["block1_skip/kernel", "block12_skip/kernel"]) {
    expectSame(copy, network, name);
  }
  for (const each of [copy, network]) each.dispose();
});

it("takes a bounded number of prefixes off a name, however long it is", () => {
  const { prefixes } = stripPrefixes(new Map([[`${"a/".repeat(300_000)}b`, null]]), new Set());
  expect(prefixes).toEqual({ "a/": 8 });
});

it("refuses a ResNet that there is none of", () => {
  expect(() => resNet(101 as 18)).toThrow("resNet.number: expected 18, 34 or 50, got 101");
});
