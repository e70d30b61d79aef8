/** A small net with every kind of layer that the native kernels are for, and steps of SGD with momentum on it. */
import { batchNormTraining, sgdUpdate } from "@roga/ops";
import * as tf from "@tensorflow/tfjs-core";
import { array } from "./arrays.js";

/** Sizes of a net; odd ones leave borders everywhere. */
export interface NetSizes {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  /** Channels before and after the 1×1 convolution. */
  readonly channels: readonly [number, number];
  readonly classes: number;
}

/** Large enough that every layer is shared by all threads. */
export const SHARED: NetSizes = { batch: 5, height: 47, width: 43, channels: [21, 35], classes: 3 };
/** A step takes a millisecond or so. */
export const TINY: NetSizes = { batch: 2, height: 9, width: 7, channels: [5, 7], classes: 3 };

/** The net, with weights and images that the seed alone decides, on the backend that is current. */
export class SmallNet {
  private readonly images: tf.Tensor4D;
  private readonly labels: tf.Tensor2D;
  private readonly variables: tf.Variable[];
  private momenta: tf.Tensor[];

  constructor({ batch, height, width, channels: [first, second], classes }: NetSizes, seed = 1) {
    const around = (shape: number[], index: number, { from, to } = { from: -0.4, to: 0.4 }) =>
      tf.tidy(() => tf.variable(tf.mul(tf.tensor(array(shape, 100 * seed + index, { from, to }), shape), 1)));
    this.images = tf.tensor(array([batch, height, width, 3], 100 * seed), [batch, height, width, 3]);
    const ofImages = Array.from({ length: batch }, (_, image) => image % classes);
    this.labels = tf.tidy(() => tf.oneHot(tf.tensor1d(ofImages, "int32"), classes).toFloat() as tf.Tensor2D);
    const positive = { from: 0.5, to: 1.5 };
    this.variables = [
      around([3, 3, 3, first], 1),
      around([3, 3, first, 1], 2),
      around([1, 1, first, second], 3),
      around([second], 4, positive),
      around([second], 5),
      around([second, classes], 6),
      around([classes], 7),
    ];
    this.momenta = this.variables.map((variable) => tf.zerosLike(variable));
  }

  private loss(): tf.Scalar {
    const [stem, depthwise, pointwise, gamma, beta, dense, bias] = this.variables as tf.Tensor[];
    const strided = tf.relu(tf.conv2d(this.images, stem as tf.Tensor4D, 2, "same"));
    const separate = tf.depthwiseConv2d(strided, depthwise as tf.Tensor4D, 1, "same");
    const mixed = tf.conv2d(separate, pointwise as tf.Tensor4D, 1, "same");
    const normal = batchNormTraining(mixed, gamma, beta, { activation: "relu" }).y;
    const features = tf.mean(tf.maxPool(normal, 3, 2, "same"), [1, 2]) as tf.Tensor2D;
    const logits = tf.add(tf.matMul(features, dense as tf.Tensor2D), bias!) as tf.Tensor2D;
    return tf.losses.softmaxCrossEntropy(this.labels, logits);
  }

  /** One step of training; gives the loss before it. */
  step(): number {
    const { value, grads } = tf.variableGrads(() => this.loss(), this.variables);
    const gradients = this.variables.map(({ name }) => grads[name]!);
    this.momenta = sgdUpdate(this.variables, gradients, this.momenta, { learningRate: 0.05, momentum: 0.9 });
    const loss = value.dataSync()[0]!;
    tf.dispose([value, gradients]);
    return loss;
  }

  /** Copies of the weights and their momenta. */
  state(): Float32Array[] {
    return [...this.variables, ...this.momenta].map((tensor) => tensor.dataSync() as Float32Array);
  }

  dispose(): void {
    tf.dispose([this.images, this.labels, this.variables, this.momenta]);
  }
}

/** Losses, and then weights and momenta, of a net that is trained for some steps. */
export function train(sizes: NetSizes, steps: number, seed = 1): Float32Array[] {
  const net = new SmallNet(sizes, seed);
  const losses = Float32Array.from({ length: steps }, () => net.step());
  const state = net.state();
  net.dispose();
  return [losses, ...state];
}
