import "@tensorflow/tfjs";
import { useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import { seedStochasticLayers, UnseedableLayerError } from "../src/index.js";

beforeAll(useTestEngine);

function twoDropouts() {
  // Nested, so that the search must go down; two layers of one rate, so that equal masks would show.
  const inner = sequential({
    layers: [layers.dropout({ rate: 0.5, inputShape: [16], name: "inner" })],
    name: "nested",
  });
  return sequential({ layers: [layers.dropout({ rate: 0.5, inputShape: [16], name: "outer" }), inner] });
}

function outputs(reseed: ReturnType<typeof seedStochasticLayers>, net: ReturnType<typeof sequential>, seed: number) {
  reseed(seed);
  return tf.tidy(() => Array.from((net.apply(tf.ones([4, 16]), { training: true }) as tf.Tensor).dataSync()));
}

describe("seedStochasticLayers", () => {
  test("one seed gives one mask, another seed another, in every model of the same layer names", () => {
    const net = twoDropouts();
    const reseed = seedStochasticLayers(net);
    const first = outputs(reseed, net, 7);
    expect(outputs(reseed, net, 8)).not.toEqual(first);
    expect(outputs(reseed, net, 7)).toEqual(first);
    const copy = twoDropouts();
    expect(outputs(seedStochasticLayers(copy), copy, 7)).toEqual(first);
  });

  test("layers of one model draw different masks", () => {
    const net = twoDropouts();
    // With one mask in both layers every kept value is 4; two independent masks keep a quarter of the values.
    const kept = outputs(seedStochasticLayers(net), net, 7).filter((value) => value === 4).length;
    expect(kept).toBeGreaterThan(4);
    expect(kept).toBeLessThan(28);
  });

  test("a layer that cannot be seeded is refused by name", () => {
    const net = sequential({ layers: [layers.gaussianNoise({ stddev: 1, inputShape: [2], name: "noise" })] });
    expect(() => seedStochasticLayers(net)).toThrow(UnseedableLayerError);
    expect(() => seedStochasticLayers(net)).toThrow("noise (GaussianNoise)");
  });
});
