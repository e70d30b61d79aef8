/** The small conv + batch-norm + linear net of the PyTorch fixture as a stock layers model, with its data. */

import type { DomainForward, DomainLoss, DomainOutput, JointLosses } from "@roga/optimizer";
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
  /** The same with logits, labels and the last layer's input. */
  readonly outputs: Readonly<Record<string, DomainForward>>;
  readonly jointOutputs: JointLosses;
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
  const withFeatures = layers.model({
    inputs: model.inputs,
    outputs: [model.layers.at(-1)!.input, model.outputs[0]!] as layers.SymbolicTensor[],
  });
  const forward = (x: tf.Tensor) => {
    const [features, z] = withFeatures.apply(x, { training: true }) as [tf.Tensor, tf.Tensor];
    return { features, logits: tf.squeeze(z, [1]) };
  };
  const output = ({ features, logits }: { features: tf.Tensor; logits: tf.Tensor }): DomainOutput => {
    const loss = tf.losses.sigmoidCrossEntropy(labels, logits as tf.Tensor1D) as tf.Scalar;
    return { loss, logits, labels, features };
  };
  const jointOutputs = () => {
    const { features, logits } = forward(tf.concat(images));
    const parts = [tf.split(features, domains.length), tf.split(logits, domains.length)] as const;
    return Object.fromEntries(
      domains.map((domain, k) => [domain, output({ features: parts[0][k]!, logits: parts[1][k]! })]),
    );
  };
  const outputs = Object.fromEntries(domains.map((domain, k) => [domain, () => output(forward(images[k]!))]));
  return {
    variables,
    buffers: held(model.nonTrainableWeights),
    domainLosses: Object.fromEntries(domains.map((domain) => [domain, () => outputs[domain]!().loss])),
    jointLosses: () => Object.fromEntries(Object.entries(jointOutputs()).map(([domain, { loss }]) => [domain, loss])),
    outputs,
    jointOutputs,
    dispose: () => {
      model.dispose();
      tf.dispose([images, labels]);
    },
  };
}
