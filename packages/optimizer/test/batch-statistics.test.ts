import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import { OptionError, recomputeStatistics, StepContextError } from "@roga/optimizer";
import { stream } from "@roga/tensor-utils/random";
import { expectNoTensorLeak, useTestEngine } from "@roga/test-support";
import * as layers from "@tensorflow/tfjs-layers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bits } from "./support/probes.js";

let model: layers.LayersModel;
let batches: tf.Tensor[];
let buffers: tf.Variable[];

beforeEach(async () => {
  await useTestEngine();
  const draw = stream(3, "statistics");
  const batch = () =>
    tf.tensor2d(
      Array.from({ length: 6 * 4 }, () => 2 + 3 * draw.normal()),
      [6, 4],
    );
  batches = [batch(), batch(), batch()];
  model = layers.sequential({
    layers: [
      layers.layers.batchNormalization({ inputShape: [4], momentum: 0.9 }),
      layers.layers.dense({ units: 3 }),
      layers.layers.batchNormalization({ momentum: 0.9 }),
    ],
  });
  buffers = model.nonTrainableWeights.map((weight) => weight.read() as tf.Variable);
});
afterEach(() => {
  model.dispose();
  tf.dispose(batches);
});

const forward = (batch: tf.Tensor) => () => model.apply(batch, { training: true }) as tf.Tensor;

test("the statistics become the mean of the batches', of every layer", async () => {
  const renewed = expectNoTensorLeak(() => recomputeStatistics(buffers, batches.map(forward), { momentum: 0.9 }));
  expect(await renewed).toBe(3);
  const dense = model.layers[1]!.weights.map((weight) => weight.read());
  const [mean, , deepMean] = buffers as [tf.Variable, tf.Variable, tf.Variable];
  const expected = tf.tidy(() => tf.mean(tf.stack(batches.map((batch) => tf.mean(batch, 0))), 0));
  expect(mean).toBeAllClose(expected, { rtol: 1e-5 });
  // each batch is normalised by its own statistics on the way to the second layer
  const deep = tf.tidy(() => {
    const of = (batch: tf.Tensor) => {
      const { mean: m, variance: v } = tf.moments(batch, 0);
      const normal = tf.div(tf.sub(batch, m), tf.sqrt(tf.add(v, 1e-3)));
      return tf.mean(tf.add(tf.matMul(normal as tf.Tensor2D, dense[0] as tf.Tensor2D), dense[1]!), 0);
    };
    return tf.mean(tf.stack(batches.map(of)), 0);
  });
  expect(deepMean).toBeAllClose(deep, { rtol: 1e-4, atol: 1e-5 });
  const once = bits(buffers);
  await recomputeStatistics(buffers, batches.map(forward), { momentum: 0.9 }); // wherever they began
  expect(bits(buffers)).toEqual(once);
  tf.dispose([expected, deep]);
});

test("batches may come one after another, and the statistics are the old ones until all are done", async () => {
  const before = bits(buffers);
  async function* loaded() {
    for (const batch of batches) {
      await Promise.resolve();
      expect(bits(buffers)).toEqual(before);
      yield forward(batch);
    }
  }
  expect(await recomputeStatistics(buffers, loaded(), { momentum: 0.9 })).toBe(3);
  expect(bits(buffers)).not.toEqual(before);
});

test("a forward that throws, no batch and a wrong momentum change nothing", async () => {
  const before = bits(buffers);
  const broken = () => {
    forward(batches[0]!)();
    throw new RangeError("no batch");
  };
  await expectNoTensorLeak(async () => {
    await expect(recomputeStatistics(buffers, [forward(batches[0]!), broken])).rejects.toThrow("no batch");
  });
  await expect(recomputeStatistics(buffers, [])).rejects.toThrow(StepContextError);
  await expect(recomputeStatistics(buffers, batches.map(forward), { momentum: 1 })).rejects.toThrow(OptionError);
  expect(bits(buffers)).toEqual(before);
});
