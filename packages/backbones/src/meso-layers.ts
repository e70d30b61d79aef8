/**
 * What Meso4 and MesoInception4 share: how each variant makes its layers, and the classifier on top. "keras" is the
 * authors' code (github.com/DariusAf/MesoNet): biases in the convolutions, batch norm of momentum 0.99 and epsilon 1e-3,
 * pooling that keeps the border, images in [0, 1]. "deepfakebench" is the PyTorch network of that benchmark: no biases,
 * momentum 0.1 (0.9 as Keras counts it) and epsilon 1e-5, pooling that drops the border, images in [−1, 1]. PyTorch's
 * running variances take the unbiased batch variance where TensorFlow.js' layer takes the biased one: a factor of
 * 1 − 1/(n·h·w).
 */
import { accelerate } from "@roga/ops/layers";
import { type LayersModel, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { Backbone, BuildOptions, Preprocessing } from "./backbone.js";
import { cost } from "./cost.js";
import { makeDilatedLayerTrainable } from "./dilated-convolution.js";
import { kerasInitializers, pytorchInitializers } from "./initializers.js";
import { weightNames } from "./weight-names.js";

/** The variants of both networks; the first is the default. */
export const mesoVariants = ["keras", "deepfakebench"] as const;

/** Input sizes of both networks: below 32 pixels nothing is left after the last pooling. */
export const mesoInputSize = { min: 32, default: 256, max: 600 } as const;

/** Dropout of both networks, before each dense layer. */
export const mesoDropout = 0.5;

type Layer = LayersModel["layers"][number];

/** Applies a layer to the output of another. */
export function apply(layer: Layer, ...inputs: SymbolicTensor[]): SymbolicTensor {
  return layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as SymbolicTensor;
}

/** Makes the layers of one network in one variant. */
export class MesoLayers {
  readonly followsPyTorch: boolean;

  constructor(private readonly options: Required<BuildOptions>) {
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
    const fanIn = kernelSize * kernelSize * x.shape.at(-1)!;
    const layer = layers.conv2d({
      name,
      filters,
      kernelSize,
      dilationRate,
      activation,
      padding: "same",
      useBias: !this.followsPyTorch,
      ...this.#initializers(name, fanIn),
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
    input: SymbolicTensor,
    x: SymbolicTensor,
    theirLayers: Readonly<Record<string, string>>,
  ): Backbone {
    const { inputSize, classes, variant, dropout } = this.options;
    const [, height, width, channels] = x.shape as [null, number, number, number];
    const flat = apply(layers.flatten({ name: "flatten" }), x);
    const dropped = apply(layers.dropout({ name: "dropout1", rate: dropout }), flat);
    const hidden = this.#dense(dropped, "fc1", 16);
    const features = apply(layers.leakyReLU({ name: "leaky_relu", alpha: 0.1 }), hidden);
    const logits = this.#dense(apply(layers.dropout({ name: "dropout2", rate: dropout }), features), "fc2", classes);
    const network = model({ name, inputs: input, outputs: logits });
    accelerate(network);
    const extractor = model({ name: `${name}_features`, inputs: input, outputs: features });
    const flattened = { layer: "fc1", height, width, channels };
    return {
      name,
      variant,
      model: network,
      inputSize,
      classes,
      preprocessing: this.#preprocessing(),
      weightNames: weightNames(network, this.followsPyTorch ? "pytorch" : "keras", theirLayers, flattened),
      cost: cost(network),
      features: (images) => extractor.apply(images) as ReturnType<Backbone["features"]>,
      dispose() {
        // `model.dispose()` counts uses and would leave the weights of a layer that is used twice.
        for (const weight of network.weights) weight.dispose();
      },
    };
  }

  #dense(x: SymbolicTensor, name: string, units: number): SymbolicTensor {
    return apply(layers.dense({ name, units, ...this.#initializers(name, x.shape.at(-1)!) }), x);
  }

  #initializers(name: string, fanIn: number) {
    const { seed } = this.options;
    return this.followsPyTorch ? pytorchInitializers(seed, name, fanIn) : kerasInitializers(seed, name);
  }

  #preprocessing(): Preprocessing {
    const size = this.options.inputSize;
    return this.followsPyTorch
      ? { size, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }
      : { size, mean: [0, 0, 0], std: [1, 1, 1] };
  }
}
