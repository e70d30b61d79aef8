/** The small conv + batch-norm + linear net of the PyTorch fixture as a stock layers model, with its data. */

import type { DomainLoss, JointLosses } from "@roga/optimizer";
import { type FixtureTensor, readFixture } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";

/** What `tools/reference-fixtures/optimizer/roga.py` wrote. */
export interface RogaFixture {
  readonly epsilon: number;
  readonly labels: readonly number[];
  readonly images: Readonly<Record<string, FixtureTensor>>;
  readonly initial: Readonly<Record<string, FixtureTensor>>;
  readonly cases: readonly RogaCase[];
}

/** One run of the fixture. */
export interface RogaCase {
  readonly title: string;
  readonly algorithm: "erm" | "roga";
  readonly options: Readonly<Record<string, unknown>>;
  readonly base: { readonly name: "sgd" | "adam"; readonly options: Readonly<Record<string, number>> };
  readonly steps: readonly {
    readonly losses: readonly number[];
    readonly gradientNorm: number;
    readonly perturbedLoss?: number;
    readonly alignment?: number;
  }[];
  readonly after: Readonly<Record<string, FixtureTensor>>;
}

export const fixture = readFixture<RogaFixture>(import.meta.url, "../fixtures/roga.json");
export const domains = Object.keys(fixture.images);

const tensor = ({ values, shape }: FixtureTensor) => tf.tensor([...values], [...shape]);
// Every weight of a layers model is held in a variable.
const held = (weights: readonly layers.LayerVariable[]) => weights.map((weight) => weight.read() as tf.Variable);

/** A model at the fixture's initial weights, and losses on its batches. */
export interface TinyModel {
  readonly variables: readonly tf.Variable[];
  readonly buffers: readonly tf.Variable[];
  readonly domainLosses: Readonly<Record<string, DomainLoss>>;
  readonly jointLosses: JointLosses;
  dispose(): void;
}

/** @param dropout rate of a dropout layer before the last, none by default */
export function tinyModel(dropout?: number): TinyModel {
  const model = layers.sequential({
    layers: [
      layers.layers.conv2d({ inputShape: [6, 6, 1], filters: 3, kernelSize: 3, useBias: false }),
      layers.layers.batchNormalization({ epsilon: fixture.epsilon }),
      layers.layers.activation({ activation: "relu" }),
      layers.layers.globalAveragePooling2d({}),
      ...(dropout === undefined ? [] : [layers.layers.dropout({ rate: dropout })]),
      layers.layers.dense({ units: 1 }),
    ],
  });
  const variables = held(model.trainableWeights);
  for (const [index, value] of Object.values(fixture.initial).entries()) {
    const initial = tensor(value);
    variables[index]!.assign(initial);
    initial.dispose();
  }
  const images = domains.map((domain) => tensor(fixture.images[domain]!));
  const labels = tf.tensor1d([...fixture.labels]);
  const logits = (x: tf.Tensor) => tf.squeeze(model.apply(x, { training: true }) as tf.Tensor, [1]);
  const loss = (z: tf.Tensor) => tf.losses.sigmoidCrossEntropy(labels, z as tf.Tensor1D) as tf.Scalar;
  return {
    variables,
    buffers: held(model.nonTrainableWeights),
    domainLosses: Object.fromEntries(domains.map((domain, k) => [domain, () => loss(logits(images[k]!))])),
    jointLosses: () => {
      const parts = tf.split(logits(tf.concat(images)), domains.length);
      return Object.fromEntries(domains.map((domain, k) => [domain, loss(parts[k]!)]));
    },
    dispose: () => {
      model.dispose();
      tf.dispose([images, labels]);
    },
  };
}
