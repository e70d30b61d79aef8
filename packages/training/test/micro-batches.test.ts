import "@tensorflow/tfjs";
import type { DomainBatch } from "@roga/datasets";
import { type Algorithm, erm, type JointLosses, type MicroBatch, roga, sgd } from "@roga/optimizer";
import { useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, layers, sequential } from "@tensorflow/tfjs-layers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { domainLosses, jointLosses } from "../src/domain-losses.js";
import { readLog, runDirectory } from "../src/index.js";
import { dispose, runIn, temporaryFolder } from "./support/runs.js";
import { memoryLoader, planOf, SIZE } from "./support/synthetic.js";

let model: LayersModel;
let batches: DomainBatch[];
beforeEach(async () => {
  await useTestEngine();
  // no batch normalisation, so that the parts are exact
  model = sequential({
    layers: [
      layers.conv2d({ inputShape: [SIZE, SIZE, 3], filters: 2, kernelSize: 3, activation: "tanh" }),
      layers.flatten(),
      layers.dense({ units: 1 }),
    ],
  });
  batches = await Promise.all(
    planOf()
      .step(0, 0)
      .map((slice) => memoryLoader().loadDomainBatch(slice)),
  );
});
afterEach(() => {
  model.dispose();
  tf.dispose(batches.map(({ images, labels }) => [images, labels]));
});

/** The gradient that an algorithm applies, and its record. */
async function stepOf(algorithm: Algorithm, microBatch?: number) {
  const gradients: Float32Array[] = [];
  const baseOptimizer = {
    ...sgd(),
    applyGradients: (map: tf.NamedTensorMap) => {
      gradients.push(...Object.values(map).map((tensor) => tensor.dataSync<"float32">().slice()));
    },
  };
  const record = await algorithm.step({
    variables: model.trainableWeights.map((weight) => weight.read() as tf.Variable),
    domainLosses: domainLosses(model, batches, microBatch),
    jointLosses: jointLosses(model, batches, microBatch),
    baseOptimizer,
  });
  return { gradients, record };
}

test.each([1, 3, 5, 8, 100])("parts of %i images give the gradients of whole batches", async (microBatch) => {
  for (const create of [
    () => erm(),
    () => erm({ batchNormPass: "mixed" }),
    () => roga({ rho: 0.2, alpha: 0.01 }),
    () => roga({ rho: 0.2, batchNormPass: "mixed" }),
  ]) {
    const whole = await stepOf(create());
    const split = await stepOf(create(), microBatch);
    for (const [index, gradient] of whole.gradients.entries()) {
      expect(split.gradients[index]!).toBeAllClose(gradient, { rtol: 1e-4, atol: 1e-6 });
    }
    expect(split.record.loss).toBeCloseTo(whole.record.loss, 6);
    expect(split.record.forwardBackwards).toBe(whole.record.forwardBackwards);
  }
});

test("parts are nearly equal, and none is larger than asked for", () => {
  const sizes = (microBatch: number) =>
    Object.values(domainLosses(model, batches, microBatch)).map((loss) =>
      (loss as readonly MicroBatch[]).map(({ samples }) => samples),
    );
  expect(sizes(3)).toEqual([
    [2, 3, 3],
    [2, 3, 3],
  ]);
  expect(sizes(7)).toEqual([
    [4, 4],
    [4, 4],
  ]);
  expect(typeof Object.values(domainLosses(model, batches, 8))[0]).toBe("function");
  const joint = jointLosses(model, batches, 6) as readonly { samples: Record<string, number>; losses: JointLosses }[];
  expect(joint.map(({ samples }) => samples)).toEqual([
    { grid: 2, tint: 2 },
    { grid: 3, tint: 3 },
    { grid: 3, tint: 3 },
  ]);
  expect(jointLosses(model, batches, 1)).toHaveLength(8); // each needs some of every domain
});

test("a run in micro-batches counts each image once, and logs the diagnostics that were asked for", async () => {
  const folder = await temporaryFolder();
  const algorithm = roga({ seed: 9, diagnostics: { every: 2 } });
  const ran = await runIn(folder, { algorithm, microBatch: 4, epochs: 1 });
  const { entries } = await readLog(runDirectory(folder).log);
  const steps = entries.filter((entry) => entry.kind === "step");
  expect(steps.map(({ images, forwardBackwards }) => [images, forwardBackwards])).toEqual([
    [16, 2],
    [16, 2],
    [16, 2],
  ]);
  expect(steps.map(({ diagnostics }) => diagnostics && Object.keys(diagnostics))).toEqual([
    ["domainCosines", "perturbedGradientNorm", "alignment", "sharpness"],
    undefined,
    ["domainCosines", "perturbedGradientNorm", "alignment", "sharpness"],
  ]);
  dispose(ran);
});
