import "@tensorflow/tfjs";
import type { DomainBatch } from "@roga/datasets";
import { type Algorithm, coral, type DomainForward, type DomainOutput, fishr, irm, sgd } from "@roga/optimizer";
import { expectNoTensorLeak, useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, layers, sequential } from "@tensorflow/tfjs-layers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { domainLosses, jointLosses } from "../src/domain-losses.js";
import { trainableVariables } from "../src/model-weights.js";

const pass = { kind: "clean", step: 0, seed: 0 } as const;
let batches: DomainBatch[];
let model: LayersModel;

function batch(domain: string, seed: number): DomainBatch {
  const images = tf.randomUniform<tf.Rank.R4>([4, 6, 6, 1], -1, 1, "float32", seed);
  return { domain, images, labels: tf.tensor1d([1, 0, 1, 0]), sampleIds: ["0", "1", "2", "3"] };
}

function net(units: number, activation: "linear" | "sigmoid" = "linear"): LayersModel {
  const body = sequential({
    layers: [
      layers.conv2d({ inputShape: [6, 6, 1], filters: 3, kernelSize: 3, useBias: false, name: "conv" }),
      layers.batchNormalization({ name: "norm" }),
      layers.globalAveragePooling2d({ name: "pool" }),
    ],
  });
  return sequential({
    layers: [body, layers.dropout({ rate: 0.25, seed: 3 }), layers.dense({ units, activation, name: "head" })],
  });
}

beforeEach(async () => {
  await useTestEngine();
  batches = [batch("grid", 1), batch("tint", 2)];
  model = net(1);
});
afterEach(() => {
  model.dispose();
  tf.dispose(batches.map(({ images, labels }) => [images, labels]));
});

/** Runs a closure as an algorithm does: in a scope of its own, of which only numbers come out. */
const evaluate = (closures: Readonly<Record<string, DomainForward>>, domain: string) =>
  tf.tidy(() => {
    const { loss, logits, labels, features } = closures[domain]!({ ...pass, domain }) as DomainOutput;
    const kernel = model.getWeights().find(({ shape }) => shape[0] === 3 && shape.length === 2)!;
    return {
      loss: loss.dataSync()[0]!,
      labels: labels!.dataSync(),
      logits: logits!.dataSync().slice(),
      shape: features?.shape,
      again: features && tf.matMul(features as tf.Tensor2D, kernel as tf.Tensor2D).dataSync(), // the bias is 0 at first
    };
  });

test("gives the loss, its logits and labels, and what the last layer took, after dropout", async () => {
  const closures = domainLosses(model, batches);
  const found = await expectNoTensorLeak(async () => evaluate(closures, "tint"));
  expect(found.shape).toEqual([4, 3]);
  expect(found.again!).toBeAllClose(found.logits, { rtol: 1e-5, atol: 1e-7 });
  expect([...found.labels]).toEqual([1, 0, 1, 0]);
  const terms = Array.from(found.logits, (z, i) => Math.log1p(Math.exp(i % 2 === 0 ? -z : z)));
  expect(found.loss).toBeAllClose(terms.reduce((a, b) => a + b) / 4, { rtol: 1e-5 });
});

test("gives no features where the logits come from something else than a dense layer without activation", () => {
  model.dispose();
  model = net(1, "sigmoid");
  expect(evaluate(domainLosses(model, batches), "grid").shape).toBeUndefined();
  const flat = sequential({ layers: [layers.flatten({ inputShape: [2, 1, 1] })] });
  const images = tf.zeros<tf.Rank.R4>([4, 2, 1, 1]);
  const closures = domainLosses(flat, [{ ...batches[0]!, images }]);
  tf.tidy(() => {
    expect(closures.grid!({ ...pass, domain: "grid" })).not.toHaveProperty("features");
  });
  images.dispose();
});

test("a joint forward gives every domain its own rows", () => {
  tf.tidy(() => {
    const outputs = jointLosses(model, batches)(pass) as Record<string, DomainOutput>;
    expect(Object.keys(outputs)).toEqual(["grid", "tint"]);
    for (const { logits, features, labels } of Object.values(outputs)) {
      expect([logits!.shape, features!.shape, labels!.shape]).toEqual([[4, 1], [4, 3], [4]]);
    }
  });
});

test("a model that throws leaves no tensor and no hook", async () => {
  const closures = domainLosses(model, [{ ...batches[0]!, images: tf.zeros([4, 6, 6, 2]) }]);
  await expectNoTensorLeak(async () => {
    const failing = () => void closures.grid!({ ...pass, domain: "grid" });
    expect(() => tf.tidy(failing)).toThrow();
  });
  expect(evaluate(domainLosses(model, batches), "grid").shape).toEqual([4, 3]);
});

describe.each([1, 2])("with %i logits", (units) => {
  const penalized: [string, () => Algorithm][] = [
    ["irm", () => irm({ lambda: 50, annealSteps: 0 })],
    ["coral", () => coral({ gamma: 50 })],
    ["fishr", () => fishr({ lambda: 50, annealSteps: 0 })],
  ];
  test.each(penalized)("%s takes steps, and its penalty reaches the first layer", async (_, create) => {
    model.dispose();
    model = net(units);
    const { trainable, buffers } = trainableVariables(model);
    let first = new Float32Array();
    const baseOptimizer = {
      ...sgd(),
      applyGradients: (gradients: tf.NamedTensorMap) => {
        first = gradients[trainable[0]!.name]!.dataSync<"float32">().slice();
      },
    };
    const run = async (algorithm: Algorithm) => {
      const context = {
        variables: trainable,
        buffers,
        domainLosses: domainLosses(model, batches),
        baseOptimizer,
      };
      const record = await expectNoTensorLeak(async () => {
        const taken = await algorithm.step(context);
        algorithm.dispose();
        return taken;
      });
      expect(Number.isFinite(record.penalty)).toBe(true);
      return first;
    };
    const strong = await run(create());
    const weak = await run(coral({ gamma: 0 }));
    expect(trainable[0]!.shape).toEqual([3, 3, 1, 3]);
    const difference = Math.hypot(...strong.map((value, i) => value - weak[i]!));
    expect(difference).toBeGreaterThan(1e-3 * Math.hypot(...weak));
  });
});
