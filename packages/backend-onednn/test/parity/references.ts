/** What kernels without a counterpart in JavaScript compute, in double precision and from the formulas of the contract. */
import * as tf from "@tensorflow/tfjs-core";
import type { Values } from "./case.js";

type Numbers = Float64Array;
type Shape = [number, number, number, number];
type Pad = Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
export type Activation = "linear" | "relu" | "relu6" | "swish" | "sigmoid" | "elu";
interface Attrs {
  readonly epsilon: number;
  readonly activation: Activation;
}

/** Sums over all axes but the last of f(index, channel). */
function channelSums(length: number, channels: number, f: (index: number, channel: number) => number): Numbers {
  const sums = new Float64Array(channels);
  for (let index = 0; index < length; index++) sums[index % channels]! += f(index, index % channels);
  return sums;
}

const perChannel = (values: Numbers): Values => ({
  shape: [values.length],
  values: Float32Array.from(values),
  dtype: "float32",
});

/** Mean and biased variance of each channel. */
export function statistics({ shape, values }: Values): [Values, Values] {
  const channels = shape.at(-1)!;
  const rows = values.length / channels;
  const mean = channelSums(values.length, channels, (i) => values[i]!).map((sum) => sum / rows);
  const variance = channelSums(values.length, channels, (i, c) => (values[i]! - mean[c]!) ** 2).map(
    (sum) => sum / rows,
  );
  return [perChannel(mean), perChannel(variance)];
}

export function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

function activate(activation: Activation, z: number): number {
  if (activation === "sigmoid") return sigmoid(z);
  if (activation === "elu") return z >= 0 ? z : Math.expm1(z);
  if (activation === "relu") return Math.max(z, 0);
  if (activation === "relu6") return Math.min(Math.max(z, 0), 6);
  return activation === "swish" ? z * sigmoid(z) : z;
}

/** swish′(z) = s · (1 + z · (1 − s)). */
export function swishSlope(z: number): number {
  const s = sigmoid(z);
  return s * (1 + z * (1 - s));
}

function slope(activation: Activation, z: number): number {
  if (activation === "relu") return z > 0 ? 1 : 0;
  if (activation === "relu6") return z > 0 && z <= 6 ? 1 : 0;
  return activation === "swish" ? swishSlope(z) : 1;
}

interface Normalized {
  readonly x: Values;
  readonly gamma?: Values;
  readonly beta?: Values;
}

export function batchNormForward({ x, gamma, beta }: Normalized, { epsilon, activation }: Attrs): ArrayLike<number>[] {
  const [mean, variance] = statistics(x);
  const channels = mean.values.length;
  const y = Float64Array.from(x.values, (value, i) => {
    const c = i % channels;
    const normal = (value - mean.values[c]!) / Math.sqrt(variance.values[c]! + epsilon);
    return activate(activation, (gamma?.values[c] ?? 1) * normal + (beta?.values[c] ?? 0));
  });
  return [y, mean.values, variance.values];
}

export function batchNormBackward(
  { dy, x, gamma, beta, mean, variance }: Normalized & { dy: Values; mean: Values; variance: Values },
  { epsilon, activation }: Attrs,
): ArrayLike<number>[] {
  const [channels, length] = [mean.values.length, x.values.length];
  const rows = length / channels;
  const inverse = Float64Array.from(variance.values, (value) => 1 / Math.sqrt(value + epsilon));
  const normal = Float64Array.from(
    x.values,
    (value, i) => (value - mean.values[i % channels]!) * inverse[i % channels]!,
  );
  const factor = (c: number) => gamma?.values[c] ?? 1;
  const dz = normal.map((value, i) => {
    const z = factor(i % channels) * value + (beta?.values[i % channels] ?? 0);
    // A gradient that relu stops is 0 also where it is not finite.
    const rate = slope(activation, z);
    return rate === 0 ? 0 : dy.values[i]! * rate;
  });
  const dbeta = channelSums(length, channels, (i) => dz[i]!);
  const dgamma = channelSums(length, channels, (i) => dz[i]! * normal[i]!);
  const dx = dz.map((value, i) => {
    const c = i % channels;
    return factor(c) * inverse[c]! * (value - dbeta[c]! / rows - (normal[i]! * dgamma[c]!) / rows);
  });
  return [dx, dgamma, dbeta];
}

/** Attributes of TensorFlow.js' fused convolutions. */
export interface ConvolutionAttrs {
  readonly strides: [number, number];
  readonly pad: Pad;
  readonly dilations: [number, number];
}

/** activation(x ∗ filter + bias). */
export function fusedConvolution(
  { x, filter, bias }: { x: Values; filter: Values; bias?: Values },
  { strides, pad, dilations }: ConvolutionAttrs,
  depthwise: boolean,
  activation: Activation,
): Numbers {
  const [shape, taps] = [x.shape as Shape, filter.shape as Shape];
  const info = tf.backend_util.computeConv2DInfo(shape, taps, strides, dilations, pad, undefined, depthwise);
  const [, height, width, channels] = shape;
  const { outHeight, outWidth, outChannels: outputs, padInfo } = info;
  return Float64Array.from({ length: info.batchSize * outHeight * outWidth * outputs }, (_, index) => {
    const output = index % outputs;
    const position = Math.floor(index / outputs);
    const [column, row] = [position % outWidth, Math.floor(position / outWidth) % outHeight];
    const image = Math.floor(position / outWidth / outHeight);
    let sum = bias?.values[output] ?? 0;
    for (let i = 0; i < taps[0]; i++) {
      for (let j = 0; j < taps[1]; j++) {
        const h = row * strides[0] - padInfo.top + i * dilations[0];
        const w = column * strides[1] - padInfo.left + j * dilations[1];
        if (h < 0 || w < 0 || h >= height || w >= width) continue;
        const [pixel, tap] = [((image * height + h) * width + w) * channels, i * taps[1] + j];
        // A depthwise filter [h, w, C, M] has the weights of a tap in the order of the outputs.
        if (depthwise) {
          sum += x.values[pixel + Math.floor(output / taps[3])]! * filter.values[tap * outputs + output]!;
          continue;
        }
        for (let c = 0; c < channels; c++) {
          sum += x.values[pixel + c]! * filter.values[(tap * channels + c) * outputs + output]!;
        }
      }
    }
    return activate(activation, sum);
  });
}

/** Gradients of (x − mean) / √(variance + ε) · scale + offset: of x, mean, variance, scale and offset. */
export function inferenceBackward(
  dy: Values,
  x: Values,
  mean: Values,
  variance: Values,
  scale: Values,
  epsilon: number,
): ArrayLike<number>[] {
  const channels = mean.values.length;
  const inverse = Float64Array.from(variance.values, (value) => 1 / Math.sqrt(value + epsilon));
  const sum = channelSums(x.values.length, channels, (i) => dy.values[i]!);
  const product = channelSums(x.values.length, channels, (i, c) => dy.values[i]! * (x.values[i]! - mean.values[c]!));
  return [
    Float64Array.from(dy.values, (value, i) => value * scale.values[i % channels]! * inverse[i % channels]!),
    sum.map((value, c) => -value * scale.values[c]! * inverse[c]!),
    product.map((value, c) => (-value * scale.values[c]! * inverse[c]! ** 3) / 2),
    product.map((value, c) => value * inverse[c]!),
    sum,
  ];
}

/** The gradient of resizing `[batch, height, width, channels]` to a size: what each pixel gave to others comes back to it. */
export function resizeGradient(
  dy: ArrayLike<number>,
  [batch, height, width, channels]: readonly [number, number, number, number],
  [rows, columns]: readonly [number, number],
  { nearest, alignCorners, halfPixelCenters }: { nearest: boolean; alignCorners: boolean; halfPixelCenters: boolean },
): Float64Array {
  /** Which pixels along an axis the resized one at `index` is made of, and by how much. */
  const parts = (index: number, size: number, resized: number): [number, number][] => {
    const ratio = alignCorners && resized > 1 ? (size - 1) / (resized - 1) : size / resized;
    const inside = (at: number) => Math.max(0, Math.min(size - 1, at));
    if (nearest) {
      const at = (index + (halfPixelCenters ? 0.5 : 0)) * ratio;
      return [[inside(alignCorners ? Math.round(at) : Math.floor(at)), 1]];
    }
    const at = inside(halfPixelCenters ? (index + 0.5) * ratio - 0.5 : index * ratio);
    const share = at - Math.floor(at);
    return [
      [Math.floor(at), 1 - share],
      [inside(Math.floor(at) + 1), share],
    ];
  };
  const dx = new Float64Array(batch * height * width * channels);
  for (let i = 0; i < batch * rows * columns * channels; i++) {
    const pixel = Math.floor(i / channels);
    const [row, image] = [Math.floor(pixel / columns) % rows, Math.floor(pixel / columns / rows)];
    for (const [y, down] of parts(row, height, rows)) {
      for (const [x, across] of parts(pixel % columns, width, columns)) {
        const at = ((image * height + y) * width + x) * channels + (i % channels);
        dx[at] = dx[at]! + dy[i]! * down * across;
      }
    }
  }
  return dx;
}

/** activation((x · gate) ∗ filter + bias) + addend, for a 1×1 filter. */
export function fusedPointwise(
  inputs: { x: Values; filter: Values; bias?: Values; gate?: Values; addend?: Values },
  activation: Activation,
): Numbers {
  const { x, gate, addend } = inputs;
  const [images, height, width, channels] = x.shape as Shape;
  const values = x.values.map((value, i) => {
    const image = Math.floor(i / (height * width * channels)) % images;
    return value * (gate?.values[image * channels + (i % channels)] ?? 1);
  });
  const attrs: ConvolutionAttrs = { strides: [1, 1], pad: "valid", dilations: [1, 1] };
  const y = fusedConvolution({ ...inputs, x: { ...x, values } }, attrs, false, activation);
  return addend ? y.map((value, i) => value + addend.values[i]!) : y;
}

/** The mean over the two axes in the middle. */
export function imageMeans(y: Numbers, [images, height, width, channels]: Shape): Numbers {
  const means = new Float64Array(images * channels);
  y.forEach((value, i) => {
    means[Math.floor(i / (height * width * channels)) * channels + (i % channels)]! += value / (height * width);
  });
  return means;
}

/** The gradients of a convolution of stride 1, padding "same" and a dilation: with respect to its images and its filter. */
export function dilatedGradients(x: Values, filter: Values, dy: Values, rate: number): [Numbers, Numbers] {
  const [images, height, width, channels] = x.shape as Shape;
  const [rows, columns, , outputs] = filter.shape as Shape;
  const { padInfo } = tf.backend_util.computeConv2DInfo(x.shape as Shape, filter.shape as Shape, 1, rate, "same");
  const [dx, dfilter] = [new Float64Array(x.values.length), new Float64Array(filter.values.length)];
  for (let pixel = 0; pixel < images * height * width; pixel++) {
    const [image, i, j] = [Math.floor(pixel / (height * width)), Math.floor(pixel / width) % height, pixel % width];
    for (let tap = 0; tap < rows * columns; tap++) {
      const row = i - padInfo.top + Math.floor(tap / columns) * rate;
      const column = j - padInfo.left + (tap % columns) * rate;
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      const from = ((image * height + row) * width + column) * channels;
      for (let c = 0; c < channels; c++) {
        for (let k = 0; k < outputs; k++) {
          const [upstream, weight] = [dy.values[pixel * outputs + k]!, (tap * channels + c) * outputs + k];
          dx[from + c]! += upstream * filter.values[weight]!;
          dfilter[weight]! += upstream * x.values[from + c]!;
        }
      }
    }
  }
  return [dx, dfilter];
}
