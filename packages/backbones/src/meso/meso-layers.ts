/**
 * What Meso4 and MesoInception4 share: how each variant makes its layers, and the classifier on top. "keras" is the
 * authors' code (github.com/DariusAf/MesoNet): biases in the convolutions, batch norm of momentum 0.99 and epsilon 1e-3,
 * pooling that keeps the border, images in [0, 1]. "deepfakebench" is the PyTorch network of that benchmark: no biases,
 * momentum 0.1 (0.9 as Keras counts it) and epsilon 1e-5, pooling that drops the border, images in [−1, 1]. PyTorch's
 * running variances take the unbiased batch variance where TensorFlow.js' layer takes the biased one: a factor of
 * 1 − 1/(n·h·w).
 */
import { layers, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { Backbone, ResolvedOptions } from "../backbone.js";
import { apply, type Layer } from "../layers/apply.js";
import { makeDilatedLayerTrainable } from "../layers/dilated-layer.js";
import { finish } from "../layers/finish.js";
import { kerasInitializers, pytorchInitializers, zeroInitializers } from "../layers/initializers.js";

/** The variants of both networks; the first is the default. */
export const mesoVariants = ["keras", "deepfakebench"] as const;

/** Input sizes of both networks: below 32 pixels nothing is left after the last pooling. */
export const mesoInputSize = { min: 32, default: 256, max: 600 } as const;

/** Dropout of both networks, before each dense layer. */
export const mesoDropout = 0.5;

/** Makes the layers of one network in one variant. */
export class MesoLayers {
  readonly followsPyTorch: boolean;

  constructor(private readonly options: ResolvedOptions) {
    this.followsPyTorch = options.variant === "deepfakebench";
  }

  /** A convolution that keeps height and width. */
  convolution(
    x: SymbolicTensor,
    name: string,
    filters: number,
    kernelSize: number,
    { dilationRate = 1, activation = "relu" as "relu" | "linear" } = {},
  ): SymbolicTensor {
    const area = kernelSize ** 2;
    const layer = layers.conv2d({
      name,
      filters,
      kernelSize,
      dilationRate,
      activation,
      padding: "same",
      useBias: !this.followsPyTorch,
      ...this.#initializers(name, "convolution", area * x.shape.at(-1)!, area * filters),
    });
    if (dilationRate > 1) makeDilatedLayerTrainable(layer, dilationRate, activation);
    return apply(layer, x);
  }

  batchNorm(name: string): Layer {
    return layers.batchNormalization(
      this.followsPyTorch ? { name, momentum: 0.9, epsilon: 1e-5 } : { name, momentum: 0.99, epsilon: 1e-3 },
    );
  }

  /** Max pooling of windows that do not overlap. */
  pool(x: SymbolicTensor, name: string, poolSize: number): SymbolicTensor {
    const padding = this.followsPyTorch ? "valid" : "same";
    return apply(layers.maxPooling2d({ name, poolSize, strides: poolSize, padding }), x);
  }

  /** Flattening, dropout, 16 units, leaky relu, dropout, logits; and the network around it all. */
  finish(
    name: string,
    image: SymbolicTensor,
    x: SymbolicTensor,
    theirLayers: Readonly<Record<string, string>>,
  ): Backbone {
    const { classes, dropout } = this.options;
    const [, height, width, channels] = x.shape as [null, number, number, number];
    const flat = apply(layers.flatten({ name: "flatten" }), x);
    const dropped = apply(layers.dropout({ name: "dropout1", rate: dropout }), flat);
    const hidden = this.#dense(dropped, "fc1", 16);
    const features = apply(layers.leakyReLU({ name: "leaky_relu", alpha: 0.1 }), hidden);
    const logits = this.#dense(apply(layers.dropout({ name: "dropout2", rate: dropout }), features), "fc2", classes);
    return finish({
      name,
      options: this.options,
      image,
      features,
      logits,
      preprocessing: this.followsPyTorch
        ? { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }
        : { mean: [0, 0, 0], std: [1, 1, 1] },
      theirNames: { [this.followsPyTorch ? "pytorch" : "keras"]: theirLayers },
      flattened: { layer: "fc1", height, width, channels },
    });
  }

  #dense(x: SymbolicTensor, name: string, units: number): SymbolicTensor {
    return apply(layers.dense({ name, units, ...this.#initializers(name, "dense", x.shape.at(-1)!, units) }), x);
  }

  #initializers(name: string, kind: "convolution" | "dense", fanIn: number, fanOut: number) {
    const { seed, initialWeights } = this.options;
    const scheme = this.followsPyTorch ? pytorchInitializers : kerasInitializers;
    return (initialWeights === "zeros" ? zeroInitializers : scheme)(seed, name, { kind, fanIn, fanOut });
  }
}
