import "@tensorflow/tfjs";
import { expectNoTensorLeak, readFixture, useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { model as functional, input, layers, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import { binaryCrossEntropy, binaryLoss, fakeScores, LogitShapeError } from "../src/index.js";

interface Case {
  name: string;
  logits: number[][];
  labels: number[];
  loss: number;
  gradient: number[][];
  scores: number[];
}
const { cases } = readFixture<{ cases: Case[] }>(import.meta.url, "fixtures/binary-loss.json");

beforeAll(useTestEngine);

describe.each(cases)("against PyTorch: $name", ({ logits, labels, loss, gradient, scores }) => {
  test("loss", () => {
    tf.tidy(() => {
      const value = binaryCrossEntropy(tf.tensor2d(logits), tf.tensor1d(labels));
      expect(value).toBeAllClose(loss, { rtol: 2e-6, atol: 0 });
    });
  });

  test("gradient", () => {
    tf.tidy(() => {
      const d = tf.grad((x) => binaryCrossEntropy(x, tf.tensor1d(labels)))(tf.tensor2d(logits));
      expect(d).toBeAllClose(gradient, { rtol: 2e-6, atol: 1e-12 });
    });
  });

  test("scores, in double precision", async () => {
    const x = tf.tensor2d(logits);
    expect(await fakeScores(x)).toBeAllClose(Float64Array.from(scores), { rtol: 1e-14, atol: 0 });
    x.dispose();
  });
});

describe("binaryLoss", () => {
  const dropout = (rate: number) => {
    const x = input({ shape: [1, 1, 1] });
    const features = layers.dropout({ rate }).apply(layers.flatten().apply(x));
    const dense = layers.dense({ units: 1, kernelInitializer: "ones", useBias: false, name: `ones${rate}` });
    return functional({ inputs: x, outputs: dense.apply(features) as SymbolicTensor });
  };

  test("is the loss of the model's logits, and leaves one tensor", () => {
    const net = dropout(0);
    const images = tf.tensor4d([2, -1, 0.5], [3, 1, 1, 1]);
    const labels = tf.tensor1d([1, 0, 0], "int32");
    const loss = expectNoTensorLeak(() => binaryLoss(net, { images, labels }), 1);
    const terms = [Math.log1p(Math.exp(-2)), Math.log1p(Math.exp(-1)), Math.log1p(Math.exp(0.5))];
    expect(loss).toBeAllClose(terms.reduce((a, b) => a + b) / 3, { rtol: 1e-6 });
    tf.dispose([images, labels, loss, ...net.getWeights()]);
  });

  test("runs the model in training mode", () => {
    const net = dropout(0.5);
    // Every input is 0 or doubled, so the mean loss of 64 zero-labelled inputs of 1 is a mix of two values.
    const images = tf.ones<tf.Rank.R4>([64, 1, 1, 1]);
    const labels = tf.zeros<tf.Rank.R1>([64]);
    const loss = binaryLoss(net, { images, labels });
    const [dropped, kept] = [Math.log(2), Math.log1p(Math.exp(2))];
    const share = (loss.dataSync()[0]! - dropped) / (kept - dropped);
    expect(share * 64).toBeCloseTo(Math.round(share * 64), 3);
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(1);
    tf.dispose([images, labels, loss, ...net.getWeights()]);
  });

  test.each([[[4, 3]], [[4]], [[4, 1, 1]]])("refuses an output of shape %j", (shape) => {
    tf.tidy(() => {
      const call = () => binaryCrossEntropy(tf.zeros(shape), tf.zeros([4]));
      expect(call).toThrow(LogitShapeError);
      expect(call).toThrow(`got [${shape.join(", ")}]`);
    });
  });
});
