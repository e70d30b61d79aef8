/**
 * The layers that large convolutional networks are made of, in the style of one variant: its initial weights and its batch
 * norms. All are stock TensorFlow.js layers; each method takes an input and the name of its layer, and returns the output.
 */
import { layers, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { ADJUSTED_CHANNELS } from "../weights/names.js";
import { apply } from "./apply.js";
import { type Fans, type InitializerScheme, type LayerInitializers, zeroInitializers } from "./initializers.js";
import { type Padding, padImage } from "./padding.js";

/** What all layers of a network have in common. */
export interface Style {
  seed: number;
  initializers: InitializerScheme;
  /** "drawn" by the scheme, the default, or zeros. */
  initialWeights?: "drawn" | "zeros";
  /** Batch norm's ε. */
  epsilon: number;
  /** Share of the old running statistics that a step keeps, as Keras counts it: PyTorch's momentum is 1 minus it. */
  momentum: number;
}

/** Options of a convolution. */
export interface ConvolutionOptions {
  kernelSize: number;
  /** 1 by default. */
  strides?: number;
  /** "same" by default. */
  padding?: Padding;
  /** No bias by default. */
  useBias?: boolean;
}

/** Makes layers in one style. */
export class Blocks {
  constructor(private readonly style: Style) {}

  convolution(
    x: SymbolicTensor,
    name: string,
    filters: number,
    { kernelSize, strides = 1, padding = "same", useBias = false }: ConvolutionOptions,
  ): SymbolicTensor {
    const area = kernelSize ** 2;
    const fans = { kind: "convolution", fanIn: area * x.shape[3]!, fanOut: area * filters } as const;
    const image = padImage(x, `${name}_pad`, padding, kernelSize, strides);
    const windows = { kernelSize, strides, padding: image.padding };
    return apply(layers.conv2d({ name, filters, ...windows, useBias, ...this.#initializers(name, fans) }), image.x);
  }

  /** One filter for each channel. */
  depthwise(
    x: SymbolicTensor,
    name: string,
    { kernelSize, strides = 1, padding = "same", useBias = false }: ConvolutionOptions,
  ): SymbolicTensor {
    const area = kernelSize ** 2;
    const fans = { kind: "depthwise", fanIn: area, fanOut: area * x.shape[3]! } as const;
    const { kernelInitializer: depthwiseInitializer, biasInitializer } = this.#initializers(name, fans);
    const image = padImage(x, `${name}_pad`, padding, kernelSize, strides);
    const windows = { kernelSize, strides, padding: image.padding };
    return apply(layers.depthwiseConv2d({ name, ...windows, useBias, depthwiseInitializer, biasInitializer }), image.x);
  }

  batchNorm(x: SymbolicTensor, name: string): SymbolicTensor {
    const { epsilon, momentum } = this.style;
    return apply(layers.batchNormalization({ name, epsilon, momentum }), x);
  }

  activation(x: SymbolicTensor, name: string, activation: "relu" | "swish" | "sigmoid"): SymbolicTensor {
    return apply(layers.activation({ name, activation }), x);
  }

  add(x: SymbolicTensor, y: SymbolicTensor, name: string): SymbolicTensor {
    return apply(layers.add({ name }), x, y);
  }

  /**
   * Stochastic depth (Huang et al. 2016, arXiv 1603.09382), called drop-connect by EfficientNet: in training each image's
   * branch is zeroed as a whole at the given rate, and the others are divided by 1 − rate.
   */
  stochasticDepth(x: SymbolicTensor, name: string, rate: number): SymbolicTensor {
    // The declared type lacks the null that stands for the batch's size.
    const noiseShape = [null, 1, 1, 1] as unknown as number[];
    return rate > 0 ? apply(layers.dropout({ name, rate, noiseShape }), x) : x;
  }

  /** DeepfakeBench's `adjust_channel`: a 1×1 convolution to 512 channels with bias, batch norm and relu. */
  adjustChannel(x: SymbolicTensor): SymbolicTensor {
    const y = this.convolution(x, "adjust_conv", ADJUSTED_CHANNELS, { kernelSize: 1, useBias: true });
    return this.activation(this.batchNorm(y, "adjust_bn"), "adjust_relu", "relu");
  }

  /** The mean of each channel over the image: `[n, h, w, c]` → `[n, c]`. */
  globalMean(x: SymbolicTensor, name: string): SymbolicTensor {
    return apply(layers.globalAveragePooling2d({ name, dataFormat: "channelsLast" }), x);
  }

  /** Logits of features `[n, c]`, with dropout before the dense layer. */
  classifier(x: SymbolicTensor, name: string, classes: number, dropout: number): SymbolicTensor {
    const fans = { kind: "dense", fanIn: x.shape[1]!, fanOut: classes } as const;
    const dropped = dropout > 0 ? apply(layers.dropout({ name: "dropout", rate: dropout }), x) : x;
    return apply(layers.dense({ name, units: classes, ...this.#initializers(name, fans) }), dropped);
  }

  #initializers(name: string, fans: Fans): LayerInitializers {
    const { seed, initializers, initialWeights } = this.style;
    return (initialWeights === "zeros" ? zeroInitializers : initializers)(seed, name, fans);
  }
}
