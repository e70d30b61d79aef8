/** Inference of accelerated models against their stock clones, and which kernels it runs. */
import "@tensorflow/tfjs";
import { expectNoTensorLeak } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { input, type LayersModel, layers, model as makeModel, sequential } from "@tensorflow/tfjs-layers";
import { beforeEach, describe, expect, it } from "vitest";
import { accelerate } from "../src/layers/index.js";
import { calls, ran, useBackend } from "./support/kernel-backend.js";
import { apply, CLOSE, images, report, stockClone, unsettle } from "./support/models.js";

const act = (activation: "relu" | "swish" | "tanh") => layers.activation({ activation });
const conv = (options: object = {}) => layers.conv2d({ filters: 4, kernelSize: 3, padding: "same", ...options });
const depthwise = (options: object = {}) => layers.depthwiseConv2d({ kernelSize: 3, padding: "same", ...options });

function expectSame(ours: tf.Tensor | tf.Tensor[], theirs: tf.Tensor | tf.Tensor[]): void {
  expect(Array.isArray(ours)).toBe(Array.isArray(theirs));
  const [actual, expected] = [[ours].flat(), [theirs].flat()];
  expect(actual.length).toBe(expected.length);
  expected.forEach((output, i) => {
    expect(actual[i]!).toBeAllClose(output, CLOSE);
  });
}

/** Every way to infer. */
function expectSameInference(model: LayersModel, stock: LayersModel, x: tf.Tensor | tf.Tensor[] = images()): void {
  for (const infer of [
    (each: LayersModel) => each.predict(x),
    (each: LayersModel) => each.predict(x, { batchSize: 3 }),
    (each: LayersModel) => each.predictOnBatch(x),
    (each: LayersModel) => each.apply(x) as tf.Tensor | tf.Tensor[],
    (each: LayersModel) => each.call(x, {}),
  ]) {
    expectSame(infer(model), infer(stock));
  }
}

/** Convolutions of every kind, and what may follow them. */
function mixed({ dilationRate = 2 } = {}): LayersModel {
  const image = input({ shape: [6, 6, 3] });
  let x = apply(act("swish"), apply(conv(), image));
  x = apply(act("swish"), apply(depthwise(), x));
  x = apply(act("relu"), apply(depthwise({ depthMultiplier: 2, strides: 2 }), x));
  x = apply(layers.reLU({ maxValue: 6 }), apply(conv({ useBias: false, dilationRate }), x));
  x = apply(act("swish"), apply(depthwise({ useBias: false, kernelSize: [2, 3], padding: "valid" }), x));
  x = apply(act("tanh"), apply(depthwise({ activation: "relu6" }), x));
  x = apply(act("swish"), apply(conv({ activation: "relu" }), x));
  x = apply(conv({ activation: "swish" }), x);
  x = apply(depthwise({ activation: "swish" }), x);
  x = apply(depthwise({ activation: "sigmoid" }), apply(depthwise({ activation: "elu" }), x));
  return makeModel({ inputs: image, outputs: apply(conv({ activation: "tanh" }), x) });
}

const SWISH = ["FusedConv2DSwish", "FusedDepthwiseConv2DSwish"];

describe.each(["engine", "kernels"] as const)("on the %s", (backend) => {
  beforeEach(() => useBackend(backend));

  it("a model infers what its stock clone does, in fewer kernels", async () => {
    const model = mixed();
    unsettle(model);
    const stock = await stockClone(model);
    expect(accelerate(model)).toEqual(report({ swishes: 4, convolutions: 11, convolutionActivations: 5 }));
    calls.length = 0;
    expect((model.predict(images()) as tf.Tensor).shape).toEqual([4, 2, 1, 4]);
    expect(ran()).toEqual(backend === "engine" ? [] : [...SWISH, SWISH[1], "Swish", ...SWISH]);
    expectSameInference(model, stock);
    const { kernelNames } = await tf.profile(() => model.predict(images()) as tf.Tensor);
    if (backend === "kernels") {
      expect(kernelNames.filter((name) => ["Add", "Relu", "Relu6", "Elu", "Multiply", "Slice"].includes(name))).toEqual(
        [],
      );
    }
    expect(kernelNames).toContain("FusedDepthwiseConv2D");
    expect(kernelNames).not.toContain("DepthwiseConv2dNative");
  });

  it("gradients are those of the stock clone, through stock operations", async () => {
    const model = mixed({ dilationRate: 1 }); // stock layers have no gradient of others
    unsettle(model);
    const stock = await stockClone(model);
    accelerate(model);
    const x = images(2);
    const gradient = (infer: (x: tf.Tensor) => tf.Tensor) => tf.grad((x) => tf.mean(tf.square(infer(x))))(x);
    calls.length = 0;
    for (const training of [false, true]) {
      const ours = gradient((x) => model.apply(x, { training }) as tf.Tensor);
      expect(ours).toBeAllClose(
        gradient((x) => stock.apply(x, { training }) as tf.Tensor),
        CLOSE,
      );
    }
    expect(gradient((x) => model.predict(x) as tf.Tensor)).toBeAllClose(
      gradient((x) => stock.predict(x) as tf.Tensor),
      CLOSE,
    );
    model.apply(x, { training: true });
    expect(ran().filter((kernel) => SWISH.includes(kernel))).toEqual([]);
  });

  it("what others see is computed by itself, in each of a layer's places", async () => {
    const image = input({ shape: [6, 6, 3] });
    const isOutput = apply(conv(), image);
    const seenTwice = apply(depthwise(), apply(act("swish"), isOutput));
    const sum = apply(layers.add(), [apply(act("swish"), seenTwice), apply(act("relu"), seenTwice)]);
    const shared = conv({ filters: 3 });
    const used = [apply(act("relu"), apply(shared, image)), apply(act("swish"), apply(shared, apply(shared, image)))];
    const sharedSwish = act("swish");
    const reused = used.map((x) => apply(sharedSwish, apply(depthwise(), x)));
    const outputs = [isOutput, sum, ...reused];
    const model = makeModel({ inputs: image, outputs });
    unsettle(model);
    const stock = await stockClone(model);
    expect(accelerate(model)).toEqual(report({ swishes: 4, convolutions: 5, convolutionActivations: 3 }));
    expectSameInference(model, stock);
  });

  it("what a wrapper holds is computed by itself", () => {
    const image = input({ shape: [6, 6, 3] });
    const inner = input({ shape: [6, 6, 3] });
    const wrapped = [conv({ filters: 3 }), conv({ filters: 3 })];
    const model = makeModel({ inputs: inner, outputs: apply(wrapped[0]!, inner) });
    const frames = apply(layers.reshape({ targetShape: [1, 6, 6, 3] }), image);
    const outputs = [model, wrapped[1]!].map((layer) => apply(layers.timeDistributed({ layer }), frames));
    const both = makeModel({
      inputs: image,
      outputs: [...outputs, ...wrapped.map((layer) => apply(act("swish"), apply(layer, image)))],
    });
    const expected = both.predict(images()) as tf.Tensor[];
    expect(accelerate(both)).toEqual(report({ swishes: 2, convolutions: 2, convolutionActivations: 2 }));
    expectSame(both.predict(images()), expected);
  });

  it("holds in nested models, for each as often as it is used", async () => {
    const inner = input({ shape: [6, 6, 3] });
    const block = apply(act("swish"), apply(conv({ filters: 3 }), inner));
    const nested = makeModel({ inputs: inner, outputs: apply(depthwise(), block), name: "nested" });
    const chain = sequential({ layers: [conv({ inputShape: [6, 6, 3] }), act("swish")] });
    const image = input({ shape: [6, 6, 3] });
    const twice = apply(act("relu"), apply(nested, apply(nested, image)));
    const model = makeModel({ inputs: image, outputs: apply(chain, twice) });
    unsettle(model);
    const [stock, stockNested] = [await stockClone(model), await stockClone(nested)];
    expect(accelerate(model)).toEqual(report({ swishes: 2, convolutions: 3, convolutionActivations: 2 }));
    expectSameInference(model, stock);
    expectSameInference(nested, stockNested);
    expect(accelerate(nested)).toEqual(report({}));
    expectSameInference(model, stock);
  });

  it("another model that shares the layers sees them by themselves", async () => {
    const image = input({ shape: [6, 6, 3] });
    const convolved = apply(conv(), image);
    const model = makeModel({ inputs: image, outputs: apply(act("relu"), convolved) });
    const inside = makeModel({ inputs: image, outputs: convolved });
    unsettle(model);
    const [stock, stockInside] = [await stockClone(model), await stockClone(inside)];
    accelerate(model);
    expectSameInference(model, stock);
    expectSameInference(inside, stockInside);
    expect(accelerate(inside)).toEqual(report({}));
    expectSameInference(inside, stockInside);
    expectSameInference(model, stock);
  });

  it("follows a sequential model that changes", async () => {
    const model = sequential({ layers: [conv({ inputShape: [6, 6, 3] })] });
    accelerate(model);
    expectSameInference(model, await stockClone(model));
    model.add(act("swish"));
    // It goes on with the layers that it was built of, as stock models do.
    expect(tf.min(model.predict(images()) as tf.Tensor).dataSync()[0]).toBeLessThan(-0.5);
    expect(accelerate(model)).toEqual(report({ swishes: 1, convolutionActivations: 1 }));
    expect(tf.min(model.predict(images()) as tf.Tensor).dataSync()[0]).toBeLessThan(-0.5);
    model.build();
    expectSameInference(model, await stockClone(model));
    calls.length = 0;
    model.predict(images());
    expect(ran()).toEqual(backend === "engine" ? [] : ["FusedConv2DSwish"]);
    model.pop();
    model.build();
    expectSameInference(model, await stockClone(model));
  });

  it("takes several inputs, and gives outputs of their own", async () => {
    const [a, b] = [input({ shape: [6, 6, 3] }), input({ shape: [2] })];
    const x = apply(act("swish"), apply(conv(), a));
    const model = makeModel({ inputs: [a, b], outputs: [x, b, apply(layers.dense({ units: 2 }), b)] });
    const stock = await stockClone(model);
    accelerate(model);
    const given = [images(), tf.randomNormal([4, 2], 0, 1, "float32", 3)];
    expectSameInference(model, stock, given);
    tf.dispose(model.predict(given));
    expect(given.map(({ isDisposed }) => isDisposed)).toEqual([false, false]);
    expect(() => model.predict(given[0]!)).toThrow("Expected to see 2 Tensor(s)");
    expect(() => model.predict(given, { batchSize: 0 })).toThrow("batchSize");
  });

  it("takes what the kernels do not, as the stock layers do", async () => {
    const model = sequential({ layers: [conv({ inputShape: [null, null, 3], padding: "valid" }), act("swish")] });
    const stock = await stockClone(model);
    accelerate(model);
    expectSame(model.predict(tf.ones([2, 4, 4, 3], "int32")), stock.predict(tf.ones([2, 4, 4, 3], "int32")));
    expect((model.apply(tf.zeros([2, 2, 5, 3])) as tf.Tensor).shape).toEqual([2, 0, 3, 4]);
    expect(() => model.layers[0]!.call(tf.zeros([1, 4, 4, 2]), {})).toThrow("must match");
  });

  it("leaves no tensor behind", () => {
    const model = mixed();
    accelerate(model);
    const x = images();
    for (const infer of [
      () => model.predict(x),
      () => model.predict(x, { batchSize: 3 }),
      () => model.apply(x) as tf.Tensor,
    ]) {
      expectNoTensorLeak(() => tf.dispose(infer()));
    }
  });
});

describe("convolutions that the pass leaves alone", () => {
  beforeEach(() => useBackend("kernels"));

  it("are those over other axes, with other activations, and of other classes", () => {
    const first = layers.conv2d({ inputShape: [4, 6, 6], filters: 2, kernelSize: 3, dataFormat: "channelsFirst" });
    const others = [conv({ activation: "tanh" }), layers.separableConv2d({ filters: 2, kernelSize: 1 })];
    const model = sequential({ layers: [first, ...others] });
    expect(accelerate(model)).toEqual(report({}));
    expect(model.layers.some((layer) => Object.hasOwn(layer, "call"))).toBe(false);
  });

  it("do not change predict where somebody replaced the call of the model", () => {
    const model = sequential({ layers: [conv({ inputShape: [6, 6, 3] }), act("swish")] });
    model.call = (inputs) => inputs;
    accelerate(model);
    calls.length = 0;
    expect((model.predict(images()) as tf.Tensor).shape).toEqual([4, 6, 6, 4]);
    expect(ran()).toEqual(["Swish"]);
  });
});
