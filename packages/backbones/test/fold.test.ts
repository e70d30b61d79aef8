/** The inference form: same outputs, nothing left of batch norm and dropout, stock when it is saved. */
import "@tensorflow/tfjs";
import { expectNoTensorLeak, useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, loadLayersModel } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import { type BuildOptions, build, fold } from "../src/index.js";

beforeAll(useTestEngine);

/** The large ones where the engine is quick; each kind of layer is in one of them. */
const networks: [name: string, options: BuildOptions][] = [
  ["meso4", { dropout: 0.5 }],
  ["meso4", { variant: "deepfakebench" }],
  ["mesoinception4", { variant: "deepfakebench" }],
  ["efficientnet-b0", { dropout: 0.2 }],
  ...(process.env.ROGA_TEST_ENGINE === "onednn"
    ? ([
        ["xception", { adjustChannel: true }],
        ["resnet50", {}],
      ] as [string, BuildOptions][])
    : []),
];

/** Statistics, scales and shifts as after training, so that folding has something to do. */
function settle(model: LayersModel): void {
  model.weights.forEach((weight, i) => {
    const kind = weight.originalName.split("/")[1]!;
    const range = { gamma: [0.5, 1.5], beta: [-0.5, 0.5], moving_mean: [-0.5, 0.5], moving_variance: [0.5, 1.5] }[kind];
    if (range === undefined) return;
    tf.tidy(() => void weight.write(tf.randomUniform(weight.shape as number[], range[0], range[1], "float32", i)));
  });
}

const layersOf = (model: LayersModel, className: string) =>
  model.layers.filter((layer) => layer.getClassName() === className).length;

const image = () => tf.randomUniform([1, 32, 32, 3], -1, 1, "float32", 5);

describe.each(networks)("%s %o", (name, options) => {
  it("gives the same outputs without dropout and batch norm after convolutions", () => {
    const backbone = build(name, { ...options, inputSize: 32, classes: 8 });
    settle(backbone.model);
    const folded = fold(backbone);
    const x = image();
    const expected = backbone.model.predict(x) as tf.Tensor;
    // Relative to the largest logit: they are sums of up to 2,048 terms that cancel.
    const largest = Math.max(...expected.dataSync().map(Math.abs));
    expect(folded.predict(x) as tf.Tensor).toBeAllClose(expected, { rtol: 0, atol: 1e-5 * largest });
    expect(layersOf(folded, "Dropout")).toBe(0);
    // Where a relu stands between, the batch norm stays.
    const staying = name.startsWith("meso") ? layersOf(backbone.model, "BatchNormalization") : 0;
    expect(layersOf(folded, "BatchNormalization")).toBe(staying);
    folded.dispose();
    backbone.dispose();
  });
});

it("is a stock model of its own", async () => {
  const backbone = build("efficientnet-b0", { inputSize: 32 });
  settle(backbone.model);
  const folded = fold(backbone);
  const x = image();
  const before = backbone.model.predict(x) as tf.Tensor;
  backbone.dispose();
  let saved: tf.io.ModelArtifacts | undefined;
  await folded.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
    }),
  );
  const copy = await loadLayersModel(tf.io.fromMemory(saved!));
  expect(copy.predict(x) as tf.Tensor).toBeAllClose(before, { rtol: 1e-5, atol: 1e-5 });
});

it("leaves no tensor behind but the model's", () => {
  const backbone = build("meso4", { inputSize: 32 });
  expectNoTensorLeak(() => {
    fold(backbone).dispose();
  });
  backbone.dispose();
});
