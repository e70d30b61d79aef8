/**
 * Both networks in both variants against PyTorch in float64, from the same weights and images. Without dropout, whose
 * random draws no other framework makes.
 */
import "@tensorflow/tfjs";
import { useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { model as layersModel, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backbone, build, loadWeights } from "../src/index.js";
import { deviation, deviationFrom, median, native, writeDeviations } from "./parity.js";
import { oddImage, reference, referenceArrays, referenceImages, type Summary, sourceOf } from "./reference.js";

/** Values at the steps that the generator takes through a tensor. */
function sample(tensor: tf.Tensor, count: number): number[] {
  const values = tensor.dataSync();
  const step = Math.max(1, Math.floor(values.length / count));
  return Array.from(values.filter((_, i) => i % step === 0).slice(0, count));
}

const SAMPLES = 24;
const close = { rtol: 1e-4, atol: 1e-5 };

/** For the table of the package's documentation. */
const table: Record<string, string | number>[] = [];
afterAll(() => {
  if (native) writeDeviations("meso", table);
});

describe.each(reference.networks)("$name, $variant", (expected) => {
  const { name, variant } = expected;
  const row: Record<string, string | number> = { name, variant };
  let backbone: Backbone;
  let images: tf.Tensor4D;

  beforeAll(async () => {
    await useTestEngine();
    images = referenceImages();
    backbone = build(expected.name, { ...expected, inputSize: reference.size, dropout: 0 });
    loadWeights(backbone, referenceArrays(expected), { source: sourceOf(expected) });
    table.push(row);
  });
  afterAll(() => tf.disposeVariables());

  it("gives the logits and features of inference", () => {
    const logits = backbone.model.predict(images) as tf.Tensor;
    expect(logits).toBeAllClose(tf.tensor(expected.logits, [reference.batch, expected.classes]), close);
    expect(backbone.features(images)).toBeAllClose(tf.tensor(expected.features, [reference.batch, 16]), close);
    const { size } = expected.odd;
    const other = build(name, { ...expected, inputSize: size, dropout: 0 });
    loadWeights(other, referenceArrays(expected));
    const odd = other.model.predict(oddImage(size)) as tf.Tensor;
    row.logits = Math.max(
      deviation(logits.dataSync(), expected.logits),
      deviation(odd.dataSync(), expected.odd.logits),
    );
    expect(row.logits).toBeLessThan(1e-4);
  });

  it("gives the activations, gradients and batch-norm statistics of a training step", () => {
    const want = expected.training;
    const { model: trained } = backbone;
    const layers = Object.keys(want.activations);
    const outputs = [...layers.map((name) => trained.getLayer(name).output as SymbolicTensor), trained.outputs[0]!];
    const observed = layersModel({ inputs: trained.inputs, outputs });
    let activations: tf.Tensor[] = [];
    const { value, grads } = tf.variableGrads(
      () => {
        activations = (observed.apply(images, { training: true }) as tf.Tensor[]).map(tf.keep);
        const logits = activations.at(-1)!;
        const labels = tf.tensor1d(reference.labels, "int32");
        return expected.classes === 1
          ? tf.losses.sigmoidCrossEntropy<tf.Tensor, tf.Scalar>(tf.reshape(labels, [-1, 1]), logits)
          : (tf.neg(
              tf.mean(tf.sum(tf.mul(tf.oneHot(labels, 2), tf.logSoftmax(logits as tf.Tensor2D)), 1)),
            ) as tf.Scalar);
      },
      trained.trainableWeights.map((weight) => weight.read() as tf.Variable),
    );
    const from = ({ norm, sample: samples }: Summary, tensor: tf.Tensor) =>
      deviationFrom([norm, ...samples], tensor.dataSync<"float32">(), SAMPLES);
    row.trainingLogits = deviation(activations.at(-1)!.dataSync(), want.logits);
    layers.forEach((name, i) => {
      const { norm, sample: values } = want.activations[name]!;
      expect([name, sample(activations[i]!, SAMPLES).length]).toEqual([name, values.length]);
      expect(sample(activations[i]!, SAMPLES)).toBeAllClose(values, close);
      expect(tf.norm(activations[i]!)).toBeAllClose(tf.scalar(norm), close);
    });
    expect(activations.at(-1)!).toBeAllClose(tf.tensor(want.logits, [reference.batch, expected.classes]), close);
    expect(value).toBeAllClose(tf.scalar(want.loss), close);

    const weights = new Map(trained.weights.map((weight) => [weight.originalName, weight]));
    const source = sourceOf(expected);
    const gradients: number[] = [];
    const statistics: number[] = [];
    for (const { ours, [source]: theirs } of backbone.weightNames) {
      const gradient = want.gradients[theirs!];
      if (gradient !== undefined) {
        const actual = grads[weights.get(ours)!.name]!;
        expect(tf.norm(actual)).toBeAllClose(tf.scalar(gradient.norm), close);
        // Relative to the largest: a sum that nearly cancels has no small relative error in float32.
        const largest = Math.max(...gradient.sample.map(Math.abs));
        expect(sample(actual, SAMPLES)).toBeAllClose(gradient.sample, { rtol: 1e-4, atol: 1e-4 * largest });
        gradients.push(from(gradient, actual));
      } else {
        const actual = weights.get(ours)!.read();
        expect(actual).toBeAllClose(tf.tensor1d(want.statistics[theirs!]!), close);
        statistics.push(deviation(actual.dataSync(), want.statistics[theirs!]!));
      }
    }
    expect([gradients.length, statistics.length]).toEqual([
      Object.keys(want.gradients).length,
      Object.keys(want.statistics).length,
    ]);
    row.statistics = Math.max(...statistics);
    row.gradientMedian = median(gradients);
    row.gradient = Math.max(...gradients);
    row.activations = Math.max(...layers.map((name, i) => from(want.activations[name]!, activations[i]!)));
  });

  it("has the published number of parameters, and as many multiply-accumulates", () => {
    const large = build(expected.name, { variant: expected.variant });
    expect(large.inputSize).toBe(256);
    expect(large.cost).toEqual({
      trainableParameters: expected.at256.trainable,
      nonTrainableParameters: expected.at256.nonTrainable,
      macs: expected.at256.macs,
    });
    large.dispose();
  });
});

it.each([
  ["meso4", 27_977],
  ["mesoinception4", 28_615],
])("%s has the %i trainable parameters that its paper states", (name, parameters) => {
  const backbone = build(name);
  expect(backbone.cost.trainableParameters).toBe(parameters);
  backbone.dispose();
});
