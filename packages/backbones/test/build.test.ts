/** What every built network has to satisfy, whatever the architecture and variant. */
import "@tensorflow/tfjs";
import { expectNoTensorLeak, useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import { type Backbone, BackboneOptionError, backbones, build, meso4, UnknownBackboneError } from "../src/index.js";

beforeAll(useTestEngine);

/** First values of some weights of the seed 7, as another process drew them. */
const KNOWN = {
  conv1: [-0.120687529, 0.167409822, 0.0230286494],
  fc2: [-0.554339647, 0.376105934, -0.163168147],
  inception: [0.219160125, -0.185755685, -0.216701403],
  bias: [-0.205305144, -0.179661661, -0.240632564],
};

/** Large ones have tests of their own. */
const small = backbones.filter(({ name }) => name.startsWith("meso"));
const networks = small.flatMap(({ name, variants }) => variants.map((variant) => ({ name, variant })));
const images = (size: number, count = 2) =>
  tf.randomUniform([count, size, size, 3], -1, 1, "float32", 42) as tf.Tensor4D;

/** The first values of a weight. */
function start({ model }: Backbone, name: string, count = 3): number[] {
  const weight = model.weights.find(({ originalName }) => originalName === name)!;
  return Array.from(weight.read().dataSync().slice(0, count));
}

describe.each(networks)("$name, $variant", ({ name, variant }) => {
  it("gives every trainable parameter a finite gradient that is not zero", () => {
    const backbone = build(name, { variant, inputSize: 32, dropout: 0, seed: 3 });
    const variables = backbone.model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const x = images(32);
    const { grads } = tf.variableGrads(() => {
      const logits = backbone.model.apply(x, { training: true }) as tf.Tensor2D;
      return tf.losses.sigmoidCrossEntropy<tf.Tensor, tf.Scalar>(tf.tensor2d([[0], [1]]), logits);
    }, variables);
    for (const { originalName, name } of backbone.model.trainableWeights) {
      const norm = tf.norm(grads[name]!).dataSync()[0]!;
      expect([originalName, Number.isFinite(norm), norm > 0]).toEqual([originalName, true, true]);
    }
    expect(Object.keys(grads).length).toBe(variables.length);
    backbone.dispose();
  });

  it("is loaded from its saved form by stock TensorFlow.js, with the same outputs and weight names", async () => {
    const { model } = build(name, { variant, inputSize: 40, classes: 2 });
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
      }),
    );
    const copy = await loadLayersModel(tf.io.fromMemory(saved!));
    expect(copy.weights.map(({ originalName }) => originalName)).toEqual(
      model.weights.map(({ originalName }) => originalName),
    );
    const x = images(40);
    const outputs = model.predict(x) as tf.Tensor;
    expect(outputs.shape).toEqual([2, 2]);
    expect(copy.predict(x) as tf.Tensor).toBeAllClose(outputs, { rtol: 1e-6, atol: 1e-6 });
  });

  it("draws the same weights from the same seed, others from another, and every layer its own", () => {
    const [one, again, other] = [5, 5, 6].map((seed) => build(name, { variant, inputSize: 32, seed })) as [
      Backbone,
      Backbone,
      Backbone,
    ];
    one.model.weights.forEach((weight, i) => {
      expect(weight.read()).toBeAllClose(again.model.weights[i]!.read(), { rtol: 0, atol: 0 });
    });
    const kernels = one.model.weights.map(({ originalName }) => originalName).filter((key) => key.endsWith("/kernel"));
    const starts = [...kernels.map((key) => start(one, key)), ...kernels.map((key) => start(other, key))];
    expect(new Set(starts.map(String)).size).toBe(starts.length);
  });

  it("draws a layer's weights whatever the layers around it", () => {
    const small = build(name, { variant, inputSize: 32, classes: 1 });
    const large = build(name, { variant, inputSize: 64, classes: 3 });
    const first = small.model.trainableWeights[0]!.originalName;
    expect(start(small, first)).toEqual(start(large, first));
  });

  it("disposes all that it made", () => {
    expectNoTensorLeak(() => {
      const backbone = build(name, { variant, inputSize: 32 });
      tf.tidy(() => void backbone.features(images(32)));
      backbone.dispose();
    });
  });

  it("names every weight once, here and in the code that it follows", () => {
    const { model, weightNames } = build(name, { variant, inputSize: 32 });
    expect(weightNames.map(({ ours }) => ours)).toEqual(model.weights.map(({ originalName }) => originalName));
    const theirs = weightNames.map(({ keras, pytorch }) => (variant === "keras" ? keras : pytorch));
    expect(new Set(theirs).size).toBe(model.weights.length);
    expect(theirs.filter((name) => name === null || name.includes("undefined"))).toEqual([]);
  });
});

describe("initial weights", () => {
  it("are the same in every process: known values", () => {
    const keras = build("meso4", { inputSize: 32, seed: 7 });
    const pytorch = build("mesoinception4", { inputSize: 32, seed: 7, variant: "deepfakebench" });
    expect(start(keras, "conv1/kernel")).toBeAllClose(KNOWN.conv1, { rtol: 1e-6 });
    expect(start(keras, "fc2/kernel")).toBeAllClose(KNOWN.fc2, { rtol: 1e-6 });
    expect(start(pytorch, "inception1_conv4_2/kernel")).toBeAllClose(KNOWN.inception, { rtol: 1e-6 });
    expect(start(pytorch, "fc1/bias")).toBeAllClose(KNOWN.bias, { rtol: 1e-6 });
  });

  /** Largest magnitude and root mean square of a weight. */
  function uniformity({ model }: Backbone, name: string): { largest: number; deviation: number } {
    const weight = model.weights.find(({ originalName }) => originalName === name)!;
    const values = Array.from(weight.read().dataSync());
    const meanSquare = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    return { largest: Math.max(...values.map(Math.abs)), deviation: Math.sqrt(meanSquare) };
  }

  it("are Glorot uniform with zero biases, or uniform in ±1/√fanIn", () => {
    const keras = build("meso4");
    const glorot = Math.sqrt(6 / (1024 + 16));
    const drawn = uniformity(keras, "fc1/kernel");
    expect(drawn.largest).toBeLessThanOrEqual(glorot);
    expect(drawn.deviation / (glorot / Math.sqrt(3))).toBeCloseTo(1, 1);
    expect(start(keras, "fc1/bias", 16)).toEqual(Array(16).fill(0));

    const pytorch = build("meso4", { variant: "deepfakebench" });
    for (const [name, fanIn, decimals] of [
      ["fc1/kernel", 1024, 1],
      ["conv4/kernel", 400, 1],
      ["fc1/bias", 1024, 0],
    ] as const) {
      const { largest, deviation } = uniformity(pytorch, name);
      expect(largest).toBeLessThanOrEqual(1 / Math.sqrt(fanIn));
      expect(deviation * Math.sqrt(3 * fanIn)).toBeCloseTo(1, decimals);
    }
  });
});

describe("input sizes", () => {
  it.each([
    ["keras", 32, 16],
    ["keras", 33, 64],
    ["keras", 256, 1024],
    ["deepfakebench", 32, 16],
    ["deepfakebench", 63, 16],
    ["deepfakebench", 64, 64],
    ["deepfakebench", 256, 1024],
  ])("%s pools %i pixels to %i values", (variant, inputSize, values) => {
    for (const { name } of small) {
      const { model } = build(name, { variant, inputSize });
      expect(model.weights.find(({ originalName }) => originalName === "fc1/kernel")!.shape).toEqual([values, 16]);
    }
  });

  it("carries its preprocessing", () => {
    expect(meso4({ inputSize: 48 }).preprocessing).toEqual({ size: 48, mean: [0, 0, 0], std: [1, 1, 1] });
    expect(meso4({ variant: "deepfakebench" }).preprocessing).toEqual({
      size: 256,
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
    });
  });
});

describe("dropout", () => {
  const rates = (dropout?: number) =>
    build("meso4", { inputSize: 32, ...(dropout !== undefined && { dropout }) })
      .model.layers.filter((layer) => layer.getClassName() === "Dropout")
      .map((layer) => layer.getConfig().rate);

  it("is as published unless given", () => {
    expect(rates()).toEqual([0.5, 0.5]);
    expect(rates(0)).toEqual([0, 0]);
  });
});

describe("bad options", () => {
  it.each([
    [{ inputSize: 31 }, "meso4.inputSize: expected an integer from 32 to 600, got 31"],
    [{ inputSize: 64.5 }, "meso4.inputSize: expected an integer from 32 to 600, got 64.5"],
    [{ inputSize: 601 }, "meso4.inputSize: expected an integer from 32 to 600, got 601"],
    [{ classes: 0 }, "meso4.classes: expected an integer of at least 1, got 0"],
    [{ variant: "pytorch" }, 'meso4.variant: expected one of keras, deepfakebench, got "pytorch"'],
    [{ dropout: 1 }, "meso4.dropout: expected a number of at least 0 and below 1, got 1"],
    [{ seed: 0.5 }, "meso4.seed: expected a safe integer, got 0.5"],
  ])("%o", (options, message) => {
    expect(() => build("meso4", options)).toThrow(new BackboneOptionError(message));
  });

  it("rejects an unknown name with the known ones", () => {
    const names = backbones.map(({ name }) => name).join(", ");
    expect(() => build("resnet51")).toThrow(
      new UnknownBackboneError(`backbone: expected one of ${names}, got "resnet51"`),
    );
  });
});
