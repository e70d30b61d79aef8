/** Accelerated models against their stock clones: everything that a training step computes, and what they are saved as. */
import "@tensorflow/tfjs";
import { expectNoTensorLeak } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import {
  input,
  type LayersModel,
  layers,
  model as makeModel,
  type SymbolicTensor,
  sequential,
} from "@tensorflow/tfjs-layers";
import { beforeEach, describe, expect, it } from "vitest";
import { OpInputError } from "../src/index.js";
import { accelerate } from "../src/layers/index.js";
import { ran, useBackend } from "./support/kernel-backend.js";
import { apply, CLOSE, images, report, saved, stockClone, unsettle } from "./support/models.js";

type Layer = LayersModel["layers"][number];

/** Loss, gradients by weight, and statistics after one training forward pass. */
function trainingStep(model: LayersModel, x: tf.Tensor) {
  const weights = model.trainableWeights;
  const { value, grads } = tf.variableGrads(
    () => {
      const outputs = [model.apply(x, { training: true })].flat() as tf.Tensor[];
      return tf.addN(outputs.map((output) => tf.mean(tf.square(tf.sub(output, 0.3))))) as tf.Scalar;
    },
    weights.map((weight) => weight.read() as tf.Variable),
  );
  return {
    loss: value,
    gradients: weights.map((weight) => grads[(weight.read() as tf.Variable).name]),
    statistics: model.nonTrainableWeights.map((weight) => weight.read().clone()),
  };
}

function expectSameStep(model: LayersModel, stock: LayersModel, x = images()): void {
  const [ours, theirs] = [trainingStep(model, x), trainingStep(stock, x)];
  expect(ours.loss).toBeAllClose(theirs.loss, CLOSE);
  expect(ours.gradients.length).toBe(theirs.gradients.length);
  theirs.gradients.forEach((gradient, i) => {
    expect(ours.gradients[i]!).toBeAllClose(gradient!, CLOSE);
  });
  theirs.statistics.forEach((statistic, i) => {
    expect(ours.statistics[i]!).toBeAllClose(statistic, { rtol: 1e-6, atol: 1e-7 });
  });
  const outputs = [model, stock].map((each) => [each.predict(x)].flat() as tf.Tensor[]);
  outputs[1]!.forEach((output, i) => {
    expect(outputs[0]![i]!).toBeAllClose(output, CLOSE);
  });
}

/** Every activation, some behind a batch norm, some alone, and what is not to be changed. */
function mixed(): LayersModel {
  const image = input({ shape: [6, 6, 3] });
  let x: SymbolicTensor = apply(layers.conv2d({ filters: 4, kernelSize: 3, padding: "same", useBias: false }), image);
  for (const activation of ["relu", "swish", "relu6", "tanh"] as const) {
    x = apply(layers.activation({ activation }), apply(layers.batchNormalization({ momentum: 0.8 }), x));
    x = apply(layers.depthwiseConv2d({ kernelSize: 3, padding: "same" }), x);
  }
  x = apply(layers.reLU({ maxValue: 6 }), apply(layers.batchNormalization({ axis: 3 }), x));
  x = apply(layers.activation({ activation: "swish" }), apply(layers.conv2d({ filters: 3, kernelSize: 2 }), x));
  x = apply(layers.reLU({ maxValue: 4 }), apply(layers.batchNormalization({ epsilon: 0.01 }), x));
  x = apply(layers.globalAveragePooling2d({}), x);
  x = apply(layers.activation({ activation: "relu" }), apply(layers.batchNormalization({}), apply(dense(5), x)));
  return makeModel({ inputs: image, outputs: apply(dense(2), x) });
}

const dense = (units: number) => layers.dense({ units });

describe.each(["engine", "kernels"] as const)("on the %s", (backend) => {
  beforeEach(() => useBackend(backend));

  it("a model computes what its stock clone does", async () => {
    const model = mixed();
    unsettle(model);
    const stock = await stockClone(model);
    expect(accelerate(model)).toEqual({
      batchNormalizations: 7,
      fusedActivations: 5,
      swishes: 2,
      convolutions: 6,
      convolutionActivations: 1,
      joined: 0,
    });
    for (const seed of [1, 2]) expectSameStep(model, stock, images(seed));
    expect(ran().filter((kernel) => kernel === "BatchNormTraining").length).toBe(backend === "engine" ? 0 : 14);
  });

  it("the images of a network get no gradient", async () => {
    const image = input({ shape: [6, 6, 3] });
    const first = apply(layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, useBias: false }), image);
    const model = makeModel({ inputs: image, outputs: apply(layers.batchNormalization({}), first) });
    const stock = await stockClone(model);
    accelerate(model);
    expectSameStep(model, stock);
    const kernels = async (each: LayersModel) =>
      (await tf.profile(() => trainingStep(each, images()).loss)).kernelNames.filter((name) => /Conv2DBack/.test(name));
    expect(await kernels(stock)).toContain("Conv2DBackpropInput");
    expect(await kernels(model)).toEqual(["Conv2DBackpropFilter"]);
  });

  it("is saved as it would be without, and the saved form computes the same", async () => {
    const model = mixed();
    const [config, before] = [JSON.stringify(model.getConfig()), await saved(model)];
    accelerate(model);
    const after = await saved(model);
    expect(JSON.stringify(model.getConfig())).toBe(config);
    expect([after.modelTopology, after.weightSpecs]).toEqual([before.modelTopology, before.weightSpecs]);
    expect(after.weightData).toEqual(before.weightData);
    expectSameStep(model, await stockClone(model));
  });

  it("changes nothing the second time", () => {
    const model = mixed();
    accelerate(model);
    const calls = [model, ...model.layers].map(({ call }) => call);
    expect(accelerate(model)).toEqual(report({}));
    expect([model, ...model.layers].map(({ call }) => call)).toEqual(calls);
  });

  it("another model that shares the layers sees them unfused", async () => {
    const image = input({ shape: [6, 6, 3] });
    const normalized = apply(layers.batchNormalization({}), image);
    const activated = apply(layers.activation({ activation: "relu" }), normalized);
    const model = makeModel({ inputs: image, outputs: activated });
    const inside = makeModel({ inputs: image, outputs: normalized });
    unsettle(model);
    const [stock, stockInside] = [await stockClone(model), await stockClone(inside)];
    expect(accelerate(model).fusedActivations).toBe(1);
    expectSameStep(model, stock);
    const x = images(5);
    stockInside.setWeights(inside.getWeights()); // the shared statistics have moved
    expectSameStep(inside, stockInside, x);
    expect(accelerate(inside)).toEqual(report({}));
    expectSameStep(inside, stockInside, x);
    expect(tf.min(inside.apply(x, { training: true }) as tf.Tensor).dataSync()[0]).toBeLessThan(0);
    stock.setWeights(model.getWeights());
    expectSameStep(model, stock, x);
  });

  it("does not fuse what others see, or what stands in several places", async () => {
    const image = input({ shape: [6, 6, 3] });
    const relu = () => layers.activation({ activation: "relu" });
    const isOutput = apply(layers.batchNormalization({}), image);
    const seenTwice = apply(layers.batchNormalization({}), apply(relu(), isOutput));
    const sum = apply(layers.add(), [apply(relu(), seenTwice), apply(layers.reLU({ maxValue: 6 }), seenTwice)]);
    const shared = layers.batchNormalization({});
    const used = [sum, image].map((x) => apply(relu(), apply(shared, x)));
    const sharedRelu = relu();
    const reused = used.map((x) => apply(sharedRelu, apply(layers.batchNormalization({}), x)));
    const model = makeModel({ inputs: image, outputs: [isOutput, apply(layers.add(), reused)] });
    unsettle(model);
    const stock = await stockClone(model);
    expect(accelerate(model)).toEqual(report({ batchNormalizations: 5 }));
    expectSameStep(model, stock);
  });

  it("reaches into nested models", async () => {
    const inner = input({ shape: [6, 6, 3] });
    const block = apply(layers.activation({ activation: "swish" }), apply(layers.batchNormalization({}), inner));
    const nested = makeModel({ inputs: inner, outputs: apply(layers.batchNormalization({}), block), name: "nested" });
    const chain = sequential({ name: "chain" });
    chain.add(layers.batchNormalization({ inputShape: [6, 6, 3] }));
    chain.add(layers.reLU());
    const image = input({ shape: [6, 6, 3] });
    const twice = apply(layers.activation({ activation: "relu" }), apply(nested, apply(nested, image)));
    const model = makeModel({ inputs: image, outputs: apply(chain, twice) });
    unsettle(model);
    const stock = await stockClone(model);
    expect(accelerate(model)).toEqual(report({ batchNormalizations: 3, fusedActivations: 2, swishes: 1 }));
    expectSameStep(model, stock);
  });

  it("follows a sequential model that changes", async () => {
    const model = sequential({ layers: [layers.batchNormalization({ inputShape: [3] })] });
    model.add(layers.activation({ activation: "relu" }));
    const x = tf.randomNormal([8, 3], 0, 1, "float32", 4);
    expect(accelerate(model).fusedActivations).toBe(1);
    expectSameStep(model, await stockClone(model), x);
    model.add(layers.batchNormalization({}));
    model.add(layers.reLU());
    expectSameStep(model, await stockClone(model), x);
    expect(accelerate(model)).toEqual(report({ batchNormalizations: 1, fusedActivations: 1 }));
    expectSameStep(model, await stockClone(model), x);
    model.pop();
    model.build(); // stock models go on with the layer otherwise
    expectSameStep(model, await stockClone(model), x);
    expect(tf.min(model.apply(x, { training: true }) as tf.Tensor).dataSync()[0]).toBeLessThan(0);
  });

  it("is trained by fit as its stock clone is", async () => {
    const model = mixed();
    unsettle(model);
    const stock = await stockClone(model);
    accelerate(model);
    const [x, y] = [images(), tf.randomNormal([4, 2], 0, 1, "float32", 9)];
    for (const each of [model, stock]) {
      each.compile({ optimizer: tf.train.sgd(0.01), loss: "meanSquaredError" });
      await each.fit(x, y, { epochs: 2, batchSize: 4, shuffle: false, verbose: 0 });
    }
    const weights = stock.getWeights();
    model.getWeights().forEach((weight, i) => {
      expect(weight).toBeAllClose(weights[i]!, { rtol: 1e-3, atol: 1e-4 });
    });
    expectSameStep(model, stock);
  });

  it("leaves no tensor behind in training", () => {
    const model = mixed();
    accelerate(model);
    const x = images();
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const step = () => {
      const loss = () => tf.mean(model.apply(x, { training: true }) as tf.Tensor) as tf.Scalar;
      tf.dispose(tf.variableGrads(() => tf.tidy(loss), variables));
    };
    step(); // statistics share the data of their initial values until they first move
    expectNoTensorLeak(step);
    expectNoTensorLeak(() => tf.dispose(model.predict(x)));
  });

  it("trains a batch norm without γ or β", () => {
    for (const part of [{ scale: false }, { center: false }]) {
      const model = sequential({ layers: [layers.batchNormalization({ inputShape: [3], ...part }), dense(1)] });
      accelerate(model);
      const { gradients } = trainingStep(model, tf.randomNormal([6, 3]));
      expect(gradients.map((gradient) => gradient!.shape)).toEqual([[3], [3, 1], [1]]);
    }
  });
});

describe("layers that the pass leaves alone", () => {
  beforeEach(() => useBackend("engine"));

  it("are those with a replaced call, and subclasses", () => {
    const norm = layers.batchNormalization({ inputShape: [3] });
    const Stock = norm.constructor as new (config: object) => Layer;
    class Custom extends Stock {
      override call(inputs: tf.Tensor): tf.Tensor {
        return inputs;
      }
    }
    const replaced = layers.batchNormalization({});
    const call: Layer["call"] = (inputs) => inputs;
    replaced.call = call;
    const model = sequential({ layers: [norm, new Custom({}), replaced] });
    expect(accelerate(model).batchNormalizations).toBe(1);
    expect(replaced.call).toBe(call);
    expect(Object.hasOwn(model.layers[1]!, "call")).toBe(false);
  });

  it("are batch norms over another axis, and other activations", () => {
    const norm = layers.batchNormalization({ axis: 1, inputShape: [4, 4, 3] });
    const others = [layers.activation({ activation: "sigmoid" }), layers.reLU({ maxValue: 5 }), layers.leakyReLU()];
    const model = sequential({ layers: [norm, ...others] });
    expect(accelerate(model)).toEqual(report({}));
    expect(model.layers.some((layer) => Object.hasOwn(layer, "call"))).toBe(false);
  });

  it("are not fused where a wrapper calls them too", () => {
    const norm = layers.batchNormalization({});
    const image = input({ shape: [4, 3] });
    const x = apply(layers.reLU(), apply(norm, image));
    const model = makeModel({ inputs: image, outputs: [x, apply(layers.timeDistributed({ layer: norm }), image)] });
    expect(accelerate(model)).toEqual(report({ batchNormalizations: 1 }));
  });
});

it("refuses a model that is not built", async () => {
  await useBackend("engine");
  const model = sequential({ name: "empty" });
  expect(() => accelerate(model)).toThrow(OpInputError);
  expect(() => accelerate(model)).toThrow(
    'accelerate: model: expected a built model, got "empty", which has no outputs yet',
  );
});
