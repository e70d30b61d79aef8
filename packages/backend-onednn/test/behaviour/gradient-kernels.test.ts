/**
 * The kernels that run while gradients are computed: those of the fused gradients and no others, and the results are
 * those of TensorFlow.js' own gradients on the JavaScript backend.
 */
import "@tensorflow/tfjs";
import "@roga/test-support";
import { batchNormTraining, dilatedConv2d, swish } from "@roga/ops";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BACKEND } from "../../src/register.js";
import { array } from "../support/parity.js";
import { usePooledBackend } from "../support/pooled-backend.js";

/** The names of the kernels that ran, in their order; kernels that kernels call are not among them. */
let ran: string[] = [];

beforeAll(async () => {
  tf.env().set("IS_TEST", true);
  usePooledBackend();
  await tf.setBackend(BACKEND);
  for (const config of tf.getKernelsForBackend(BACKEND)) {
    const { kernelName, backendName, kernelFunc } = config;
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      ...config,
      kernelFunc: (call) => {
        // A second reference to the same numbers, as there is one to dy.
        if (kernelName !== tf.Identity) ran.push(kernelName);
        return kernelFunc(call);
      },
    });
  }
});
afterAll(() => tf.setBackend("cpu"));

interface Gradient {
  readonly f: (...x: tf.Tensor[]) => tf.Tensor;
  readonly shapes: number[][];
  /** In the order in which they run. */
  readonly kernels: string[];
  readonly values?: (shape: number[], index: number) => Float32Array;
}

const image = [2, 5, 7, 3];
const as4D = (x: tf.Tensor | undefined) => x as tf.Tensor4D;
const as1D = (x: tf.Tensor | undefined) => x as tf.Tensor1D;
const signed = (shape: number[], index: number) => array(shape, 40 + index);
const positive = (shape: number[], index: number) => array(shape, 40 + index, { from: 0.5, to: 2 });

const unary = (f: (x: tf.Tensor) => tf.Tensor, kernel: string, values = signed): Gradient => ({
  f: (x) => f(x!),
  shapes: [[5, 67]],
  kernels: [kernel],
  values,
});
const product = (a: number[], b: number[], ...kernels: string[]): Gradient => ({
  f: (x, y) => tf.mul(x!, y!),
  shapes: [a, b],
  kernels,
});
const depthwise = (strides: number, multiplier: number, kernels: string[]): Gradient => ({
  f: (x, filter) => tf.depthwiseConv2d(as4D(x), as4D(filter), strides, "same"),
  shapes: [image, [3, 3, 3, multiplier]],
  kernels,
});
const normalized = (x: number[], ...kernels: string[]): Gradient => ({
  f: (x, mean, variance, offset, scale) =>
    tf.batchNorm(x!, as1D(mean), as1D(variance), as1D(offset), as1D(scale), 1e-2),
  shapes: [x, [3], [3], [3], [3]],
  kernels,
  values: (shape, index) => (index === 2 ? positive : signed)(shape, index),
});
const training = (activation: "linear" | "relu" | "relu6" | "swish", affine: number): Gradient => ({
  f: (x, gamma, beta) => batchNormTraining(x!, gamma, beta, { activation }).y,
  shapes: [image, [3], [3]].slice(0, 1 + affine),
  kernels: ["BatchNormTrainingGrad"],
});

const gradients: Record<string, Gradient> = {
  dilatedConv2d: {
    f: (x, filter) => dilatedConv2d(as4D(x), as4D(filter), 2),
    shapes: [image, [3, 3, 3, 4]],
    kernels: ["DilatedConv2DGrad"],
  },
  relu: unary(tf.relu, "ReluGrad"),
  relu6: unary((x) => tf.relu6(x), "Relu6Grad"),
  leakyRelu: unary((x) => tf.leakyRelu(x, 0.1), "LeakyReluGrad"),
  elu: unary(tf.elu, "EluGrad"),
  sigmoid: unary(tf.sigmoid, "SigmoidGrad"),
  tanh: unary(tf.tanh, "TanhGrad"),
  swish: unary((x) => swish(x), "SwishGrad"),
  softplus: unary(tf.softplus, "SoftplusGrad"),
  abs: unary(tf.abs, "AbsGrad"),
  square: unary(tf.square, "SquareGrad"),
  sqrt: unary(tf.sqrt, "SqrtGrad", positive),
  rsqrt: unary(tf.rsqrt, "RsqrtGrad", positive),
  reciprocal: unary(tf.reciprocal, "ReciprocalGrad", positive),
  clipByValue: unary((x) => tf.clipByValue(x, -1, 2), "ClipByValueGrad"),

  "a sum of one shape": { f: (x, y) => tf.add(x!, y!), shapes: [image, image], kernels: [] },
  "a copy": { f: (x) => tf.clone(x!), shapes: [image], kernels: [] },

  "a product of one shape": product(image, image, "Multiply", "Multiply"),
  "a product with a value for each channel": product(image, [3], "Multiply", "MultiplyReduce"),
  "a product with a gate for each image and channel": product(image, [2, 1, 1, 3], "Multiply", "MultiplyReduce"),
  "a product of a gate and what it is for": product([2, 1, 1, 3], image, "MultiplyReduce", "Multiply"),
  "a product with a scalar": product(image, [], "Multiply", "MultiplyReduce"),
  // Left to TensorFlow.js, whose casts to float32 copy nothing here.
  "a product that is broadcast on both sides": product(
    [5, 1],
    [1, 7],
    ...["Cast", "Multiply", "Sum", "Reshape"],
    ...["Cast", "Multiply", "Sum", "Reshape"],
  ),

  "the sum of all": { f: (x) => tf.sum(x!), shapes: [image], kernels: ["ReductionGrad"] },
  "the sum over pixels": { f: (x) => tf.sum(x!, [1, 2]), shapes: [image], kernels: ["ReductionGrad"] },
  "the sum over images, with its axis": { f: (x) => tf.sum(x!, 0, true), shapes: [image], kernels: ["ReductionGrad"] },
  "the mean of all": { f: (x) => tf.mean(x!), shapes: [image], kernels: ["ReductionGrad"] },
  "the mean over pixels": { f: (x) => tf.mean(x!, [1, 2]), shapes: [image], kernels: ["ReductionGrad"] },
  "the mean over channels, with their axis": {
    f: (x) => tf.mean(x!, -1, true),
    shapes: [image],
    kernels: ["ReductionGrad"],
  },

  softmax: { f: (x) => tf.softmax(x!), shapes: [[5, 7]], kernels: ["SoftmaxGrad"] },
  "softmax of rank 3": { f: (x) => tf.softmax(x!, -1), shapes: [[3, 5, 7]], kernels: ["SoftmaxGrad"] },

  depthwiseConv2d: depthwise(1, 1, ["DepthwiseConv2dNativeBackprop"]),
  "depthwiseConv2d with stride 2": depthwise(2, 1, ["DepthwiseConv2dNativeBackprop"]),
  "depthwiseConv2d with two filters for each channel": depthwise(1, 2, [
    "DepthwiseConv2dNativeBackpropInput",
    "DepthwiseConv2dNativeBackpropFilter",
  ]),
  "depthwiseConv2d by its filter alone": {
    f: (filter) => tf.depthwiseConv2d(tf.tensor4d(signed(image, 9), [2, 5, 7, 3]), as4D(filter), 1, "same"),
    shapes: [[3, 3, 3, 1]],
    kernels: ["DepthwiseConv2dNativeBackpropFilter"],
  },

  // TensorFlow.js brings everything to rank 4 and back, without a copy.
  "batchNorm of rank 4": normalized(image, "Reshape", "FusedBatchNormGrad"),
  "batchNorm of rank 2": normalized([11, 3], "Reshape", "FusedBatchNormGrad", "Reshape"),
  ...Object.fromEntries(
    (["linear", "relu", "relu6", "swish"] as const).map((activation) => [
      `batchNormTraining and ${activation}`,
      training(activation, 2),
    ]),
  ),
  "batchNormTraining without a shift": training("relu", 1),
  "batchNormTraining without a scale": training("linear", 0),
};

/** The gradients of what depends on every value differently, and the kernels that ran behind the function itself. */
function compute({ f, shapes, values = signed }: Gradient): { results: number[][]; kernels: string[] } {
  return tf.tidy(() => {
    const inputs = shapes.map((shape, index) => tf.tensor(values(shape, index), shape, "float32"));
    const { shape } = f(...inputs);
    const dy = tf.tensor(signed(shape, 20), shape, "float32");
    const slopes = tf.grads((...x) => {
      const y = f(...x);
      ran = [];
      return y;
    });
    const results = slopes(inputs, dy);
    const kernels = ran;
    return { results: results.map((tensor) => [...tensor.dataSync()]), kernels };
  });
}

describe("the gradient of", () => {
  it.each(Object.entries(gradients))("%s", async (_, gradient) => {
    await tf.setBackend(BACKEND);
    const { results, kernels } = compute(gradient);
    expect(kernels).toEqual(gradient.kernels);
    await tf.setBackend("cpu");
    const { results: expected } = compute(gradient);
    expect(results.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
    for (const [index, values] of expected.entries()) {
      expect(results[index]).toBeAllClose(values, { rtol: 1e-5, atol: 1e-5 });
    }
  });

  it("every kernel that is made for gradients alone is among them", () => {
    const own = tf
      .getKernelsForBackend(BACKEND)
      .map(({ kernelName }) => kernelName)
      .filter((name) => tf.getKernel(name, "cpu") === undefined && /Grad$|Backprop$|Reduce$/.test(name));
    const shown = new Set(Object.values(gradients).flatMap(({ kernels }) => kernels));
    expect(own.length).toBeGreaterThan(15);
    expect(own.filter((name) => !shown.has(name))).toEqual([]);
  });
});
