/** What EfficientNet does besides its arithmetic: training's random parts, initial weights, borders, features, files. */
import "@tensorflow/tfjs";
import { expectNoTensorLeak } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type Backbone,
  type BackboneOptionError,
  build,
  type EfficientNetNumber,
  efficientNet,
  exportWeights,
  identify,
  loadWeights,
} from "../src/index.js";

const images = (size: number, count = 2) =>
  tf.randomUniform([count, size, size, 3], -1, 1, "float32", 42) as tf.Tensor4D;

const variants = ["efficientnet-pytorch", "torchvision", "keras"];

function layersOf({ model }: Backbone, className: string) {
  return model.layers.filter((layer) => layer.getClassName() === className);
}

function valuesOf({ model }: Backbone, name: string): Float32Array {
  return model.weights
    .find(({ originalName }) => originalName === name)!
    .read()
    .dataSync() as Float32Array;
}

function bytesOf(backbone: Backbone, name: string): Uint8Array {
  const { buffer, byteOffset, byteLength } = valuesOf(backbone, name);
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Largest magnitude and root mean square. */
function spread(values: Float32Array): [largest: number, deviation: number] {
  const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  return [values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0), Math.sqrt(square)];
}

describe("B0 at 32 pixels", () => {
  let backbone: Backbone;

  beforeAll(async () => {
    tf.env().set("IS_TEST", true);
    await tf.setBackend("cpu"); // that of all engines: arithmetic is compared with PyTorch's elsewhere
    backbone = efficientNet(0, { inputSize: 32, variant: "torchvision", seed: 3 });
  });

  it("is loaded from its saved form by stock TensorFlow.js, with the same outputs and weight names", async () => {
    const { model } = backbone;
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
      }),
    );
    const copy = await loadLayersModel(tf.io.fromMemory(saved!));
    const names = ({ weights }: typeof model) => weights.map(({ originalName }) => originalName);
    expect(names(copy)).toEqual(names(model));
    const rates = (of: typeof model) => of.layers.map((layer) => layer.getConfig().rate ?? null);
    expect(rates(copy)).toEqual(rates(model));
    const x = images(32);
    expect(copy.predict(x) as tf.Tensor).toBeAllClose(model.predict(x) as tf.Tensor, { rtol: 1e-5, atol: 1e-5 });
    copy.dispose();
  });

  it("leaves out branches and features at random in training alone", () => {
    const x = images(32);
    const logits = (training: boolean) => [...(backbone.model.apply(x, { training }) as tf.Tensor).dataSync()];
    expect(logits(true)).not.toEqual(logits(true));
    expect(logits(false)).toEqual(logits(false));
  });

  it("gives what the last layer sees as features", () => {
    const x = images(32);
    const features = backbone.features(x);
    expect(features.shape).toEqual([2, 1280]);
    const [kernel, bias] = backbone.model.getLayer("logits").getWeights() as [tf.Tensor2D, tf.Tensor1D];
    const logits = tf.add(tf.matMul(features, kernel), bias);
    expect(logits).toBeAllClose(backbone.model.predict(x) as tf.Tensor, { rtol: 1e-4, atol: 1e-5 });
  });

  it("writes its weights by the names of its variant, and reads them", () => {
    const arrays = exportWeights(backbone, "pytorch", { prefix: "module." });
    expect(identify(arrays)).toEqual([{ name: "efficientnet-b0", variants: ["torchvision"], source: "pytorch" }]);
    const copy = efficientNet(0, { inputSize: 32, variant: "torchvision", initialWeights: "zeros" });
    expect(loadWeights(copy, arrays).taken).toBe(copy.weightNames.length);
    const differing = copy.weightNames.filter(
      ({ ours }) => Buffer.compare(bytesOf(copy, ours), bytesOf(backbone, ours)) !== 0,
    );
    expect(differing).toEqual([]);
    copy.dispose();
  });

  it("disposes all that it made", () => {
    expectNoTensorLeak(() => {
      const other = efficientNet(0, { inputSize: 32, initialWeights: "zeros" });
      tf.tidy(() => void other.features(images(32)));
      other.dispose();
    });
  });
});

describe("stochastic depth and dropout", () => {
  const rates = (options: Parameters<typeof efficientNet>[1]) =>
    Object.fromEntries(
      layersOf(efficientNet(4, { inputSize: 32, initialWeights: "zeros", ...options }), "Dropout").map((layer) => [
        layer.name,
        layer.getConfig().rate,
      ]),
    );

  it("grow with depth, and are as published unless given", () => {
    const published = rates({});
    expect(published).toMatchObject({ block1_drop: 0.2 / 32, block31_drop: (0.2 * 31) / 32, dropout: 0.4 });
    // Block 0 is never left out; the first of the stages 2 to 7 have no sum.
    expect(Object.keys(published)).toHaveLength(1 + 32 - 7);
    expect(rates({ variant: "deepfakebench" })).not.toHaveProperty("dropout");
    expect(rates({ stochasticDepth: 0, dropout: 0.1 })).toEqual({ dropout: 0.1 });
  });
});

describe("borders", () => {
  const padded = (options: Parameters<typeof efficientNet>[1]) =>
    layersOf(efficientNet(4, { initialWeights: "zeros", ...options }), "ZeroPadding2D").map((layer) => [
      layer.name,
      layer.getConfig().padding,
    ]);

  it("take layers of their own only where TensorFlow's are others", () => {
    expect(padded({ variant: "efficientnet-pytorch", inputSize: 97 })).toEqual([]);
    expect(padded({ variant: "deepfakebench", inputSize: 256 })).toEqual([]);
    const both = (before: number, after: number) => [Array(2).fill([before, after])].flat();
    expect(padded({ variant: "deepfakebench", inputSize: 97 })).toEqual([["block6_depthwise_conv_pad", both(2, 1)]]);
    expect(padded({ variant: "torchvision", inputSize: 97 }).map(([name]) => name)).toEqual([]);
    expect(padded({ variant: "torchvision", inputSize: 96 })).toHaveLength(5);
  });
});

describe("initial weights", () => {
  /** Largest magnitude and deviation of kernels of each kind, by what each variant's code takes for both. */
  it.each([
    ["efficientnet-pytorch", "block3_expand_conv/kernel", 1 / Math.sqrt(24), 1 / Math.sqrt(3 * 24)],
    ["efficientnet-pytorch", "block3_depthwise_conv/depthwise_kernel", 1 / 5, 1 / Math.sqrt(75)],
    ["efficientnet-pytorch", "logits/kernel", 1 / Math.sqrt(1280), 1 / Math.sqrt(3 * 1280)],
    ["torchvision", "block3_expand_conv/kernel", Number.POSITIVE_INFINITY, Math.sqrt(2 / 144)],
    ["torchvision", "block3_depthwise_conv/depthwise_kernel", Number.POSITIVE_INFINITY, Math.sqrt(2 / (144 * 25))],
    ["torchvision", "logits/kernel", 1 / 2, 1 / Math.sqrt(12)],
    ["keras", "block3_expand_conv/kernel", Math.sqrt(2 / 144) * 2.2737, Math.sqrt(2 / 144)],
    ["keras", "block3_depthwise_conv/depthwise_kernel", Math.sqrt(2 / 25) * 2.2737, Math.sqrt(2 / 25)],
    ["keras", "logits/kernel", 1 / 2, 1 / Math.sqrt(12)],
  ])("of %s: %s is at most %f, of deviation %f", (variant, name, bound, expected) => {
    const values = drawn.get(variant)!.get(name)!;
    const [largest, deviation] = spread(values);
    expect(largest).toBeLessThanOrEqual(bound);
    expect(deviation / expected).toBeGreaterThan(0.95);
    expect(deviation / expected).toBeLessThan(1.05);
  });

  const drawn = new Map<string, Map<string, Float32Array>>();
  beforeAll(() => {
    for (const variant of variants) {
      const backbone = efficientNet(0, { inputSize: 32, variant, classes: 4, seed: 2 });
      drawn.set(variant, new Map(backbone.weightNames.map(({ ours }) => [ours, valuesOf(backbone, ours)])));
      backbone.dispose();
    }
  });
});

it("carries its preprocessing", () => {
  const of = (number: EfficientNetNumber, variant: string, inputSize?: number) => {
    const backbone = efficientNet(number, { variant, initialWeights: "zeros", ...(inputSize && { inputSize }) });
    backbone.dispose();
    return backbone.preprocessing;
  };
  const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  expect(of(0, "keras", 64)).toEqual({ size: 64, ...imagenet });
  expect(of(1, "torchvision")).toEqual({ size: 240, ...imagenet });
  expect(of(4, "deepfakebench")).toEqual({ size: 256, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] });
});

describe("bad options", () => {
  it.each<[() => Backbone, string]>([
    [() => efficientNet(8 as EfficientNetNumber), "efficientNet.number: expected an integer from 0 to 7, got 8"],
    [
      () => build("efficientnet-b3", { variant: "deepfakebench" }),
      'efficientnet-b3.variant: expected one of efficientnet-pytorch, torchvision, keras, got "deepfakebench"',
    ],
    [
      () => build("efficientnet-b0", { stochasticDepth: 1 }),
      "efficientnet-b0.stochasticDepth: expected a number of at least 0 and below 1, got 1",
    ],
    [
      () => build("efficientnet-b0", { initialWeights: "ones" as "zeros" }),
      'efficientnet-b0.initialWeights: expected "drawn" or "zeros", got "ones"',
    ],
  ])("%s", (make, message) => {
    expect(make).toThrow(expect.objectContaining({ name: "BackboneOptionError", message }) as BackboneOptionError);
  });
});
