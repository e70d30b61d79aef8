/** Accelerated models whose convolutions compute what is beside them, against their stock clones. */
import "@tensorflow/tfjs";
import { expectNoTensorLeak } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { input, type LayersModel, layers, model as makeModel, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { beforeEach, describe, expect, it } from "vitest";
import { accelerate } from "../src/layers/index.js";
import { calls, ran, useBackend } from "./support/kernel-backend.js";
import { apply, CLOSE, images, report, stockClone, unsettle } from "./support/models.js";

type Activation = "relu" | "swish" | "sigmoid" | "tanh";
const act = (activation: Activation, x: SymbolicTensor) => apply(layers.activation({ activation }), x);
const pointwise = (filters: number, x: SymbolicTensor) => apply(layers.conv2d({ filters, kernelSize: 1 }), x);
const depthwise = (x: SymbolicTensor, options: object = {}) =>
  apply(layers.depthwiseConv2d({ kernelSize: 3, padding: "same", ...options }), x);
const pool = (x: SymbolicTensor) => apply(layers.globalAveragePooling2d({}), x);
const multiply = (...factors: SymbolicTensor[]) => apply(layers.multiply(), factors);
const add = (...terms: SymbolicTensor[]) => apply(layers.add(), terms);

function gateOf(x: SymbolicTensor, filters: number): SymbolicTensor {
  const pooled = apply(layers.reshape({ targetShape: [1, 1, filters] }), pool(x));
  return act("sigmoid", pointwise(filters, act("swish", pointwise(2, pooled))));
}

/** A model over images [6, 6, 3]. */
function over(build: (x: SymbolicTensor) => SymbolicTensor | SymbolicTensor[]): LayersModel {
  const image = input({ shape: [6, 6, 3] });
  const model = makeModel({ inputs: image, outputs: build(image) });
  unsettle(model);
  return model;
}

/** An inverted residual block with squeeze and excitation. */
const inverted = () =>
  over((x) => {
    const expanded = act("swish", pointwise(12, x));
    const y = act("swish", depthwise(expanded));
    return add(pointwise(3, multiply(gateOf(y, 12), y)), x);
  });

/** Residual separable convolutions, with and without a bias between. */
const separable = () =>
  over((x) => {
    const y = act("relu", pointwise(5, depthwise(act("relu", x), { useBias: false })));
    const z = add(pointwise(5, act("relu", depthwise(y))), y);
    return pointwise(4, depthwise(z, { strides: 2 }));
  });

async function expectSame(model: LayersModel, changed: object, kernels: string[] | undefined): Promise<void> {
  const stock = await stockClone(model);
  expect(accelerate(model)).toEqual(report(changed));
  const x = images();
  calls.length = 0;
  const actual = [model.predict(x)].flat();
  if (kernels) expect(ran()).toEqual(kernels);
  const expected = [stock.predict(x)].flat();
  for (const [i, output] of expected.entries()) expect(actual[i]!).toBeAllClose(output, CLOSE);
  expect(model.predict(x, { batchSize: 3 }) as tf.Tensor | tf.Tensor[]).toBeDefined();
  expectNoTensorLeak(() => tf.dispose(model.predict(x)));
}

describe.each(["engine", "kernels"] as const)("on the %s", (backend) => {
  beforeEach(() => useBackend(backend));
  const kernels = (...names: string[]) => (backend === "kernels" ? names : undefined);

  it("an inverted residual block is two kernels and its gate", async () => {
    const changed = { swishes: 3, convolutions: 5, convolutionActivations: 4, joined: 3 };
    await expectSame(inverted(), changed, kernels("FusedExpandedDepthwise", "FusedConv2DSwish", "FusedPointwise"));
  });

  it("a separable convolution is one kernel, with the sum after it", async () => {
    const changed = { convolutions: 6, convolutionActivations: 2, joined: 1 };
    await expectSame(separable(), changed, kernels("FusedSeparable", "FusedSeparable", "FusedSeparable"));
  });

  it("a depthwise convolution gives the mean that a classifier reads", async () => {
    const model = over((x) => apply(layers.dense({ units: 2 }), pool(act("swish", depthwise(x)))));
    const changed = { swishes: 1, convolutions: 1, convolutionActivations: 1, joined: 1 };
    await expectSame(model, changed, kernels("FusedDepthwiseConv2DMean"));
  });

  it("an expansion without a mean, of several filters, or of few channels", async () => {
    const mobile = over((x) => pointwise(3, act("relu", depthwise(act("relu", pointwise(9, x))))));
    await expectSame(mobile, { convolutions: 3, convolutionActivations: 2 }, kernels("FusedExpandedDepthwise"));
    const several = over((x) => pool(depthwise(pointwise(9, x), { depthMultiplier: 2 })));
    await expectSame(several, { convolutions: 2, joined: 1 }, kernels("FusedDepthwiseConv2DMean"));
    const few = over((x) => pointwise(4, depthwise(pointwise(8, x))));
    await expectSame(few, { convolutions: 3 }, kernels("FusedSeparable"));
  });

  it("what others read, or what has other shapes, is computed by itself", async () => {
    const outputs = (x: SymbolicTensor) => {
      const y = depthwise(x);
      const shared = multiply(y, pointwise(3, x));
      const channels = multiply(y, apply(layers.reshape({ targetShape: [1, 1, 3] }), pool(y)), x);
      const flat = multiply(y, pointwise(1, x));
      const twice = pointwise(3, x);
      const sum = pointwise(3, y);
      return [
        ...[pointwise(2, shared), shared, pointwise(2, channels), pointwise(2, flat), add(twice, twice)],
        ...[add(sum, x, y), sum, add(pointwise(1, x), x)],
      ];
    };
    await expectSame(over(outputs), { convolutions: 9, joined: 1 }, kernels("FusedDepthwiseConv2DMean"));
  });

  it("of two convolutions that are added, one computes the sum", async () => {
    const model = over((x) => add(pointwise(4, act("tanh", x)), pointwise(4, x)));
    await expectSame(model, { convolutions: 2, joined: 1 }, kernels("FusedPointwise"));
  });

  it("gradients are those of the stock clone", async () => {
    for (const model of [inverted(), separable()]) {
      const stock = await stockClone(model);
      accelerate(model);
      const gradient = (of: LayersModel) => tf.grad((x) => tf.mean(tf.square(of.apply(x) as tf.Tensor)))(images(2));
      expect(gradient(model)).toBeAllClose(gradient(stock), CLOSE);
    }
  });

  it("layers that somebody changed or hooked compute by themselves", async () => {
    const model = inverted();
    accelerate(model);
    const x = images();
    const expected = model.predict(x) as tf.Tensor;
    const product = model.layers.find((layer) => layer.getClassName() === "Multiply")!;
    let seen = 0;
    product.setCallHook(() => {
      seen += 1;
    });
    expect(model.predict(x) as tf.Tensor).toBeAllClose(expected, CLOSE);
    product.clearCallHook();
    const sum = model.layers.find((layer) => layer.getClassName() === "Add")!;
    const call = sum.call.bind(sum);
    sum.call = (inputs, kwargs) => {
      seen += 1;
      return tf.neg(call(inputs, kwargs) as tf.Tensor);
    };
    expect(tf.neg(model.predict(x) as tf.Tensor)).toBeAllClose(expected, CLOSE);
    expect(seen).toBeGreaterThanOrEqual(1);
  });

  it("weights that change are seen", async () => {
    const model = inverted();
    accelerate(model);
    const x = images();
    for (let i = 0; i < 3; i++) {
      tf.dispose(model.predict(x));
      unsettle(model);
      const stock = await stockClone(model);
      expect(model.predict(x) as tf.Tensor).toBeAllClose(stock.predict(x) as tf.Tensor, CLOSE);
    }
  });
});
