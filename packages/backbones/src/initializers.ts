/**
 * Initial weights from named random streams, so that a weight depends on the seed and its own name alone: adding a layer
 * shifts no other, and every process draws the same. Keras: Glorot uniform kernels (Glorot & Bengio 2010), zero biases.
 * PyTorch: kernels and biases uniform in ±1/√fanIn, what `nn.Conv2d` and `nn.Linear` do by default.
 */
import { stream } from "@roga/tensor-utils/random";
import { initializers } from "@tensorflow/tfjs-layers";

type Initializer = ReturnType<typeof initializers.zeros>;

/** The initializers of a convolution's or dense layer's kernel and bias. */
export interface LayerInitializers {
  kernelInitializer: Initializer;
  biasInitializer: Initializer;
}

export function kerasInitializers(seed: number, layer: string): LayerInitializers {
  return {
    kernelInitializer: initializers.glorotUniform({ seed: weightSeed(seed, layer, "kernel") }),
    biasInitializer: initializers.zeros(),
  };
}

/** @param fanIn number of inputs of one output, on which the bias' range depends */
export function pytorchInitializers(seed: number, layer: string, fanIn: number): LayerInitializers {
  const bound = 1 / Math.sqrt(fanIn);
  return {
    kernelInitializer: initializers.varianceScaling({
      scale: 1 / 3,
      mode: "fanIn",
      distribution: "uniform",
      seed: weightSeed(seed, layer, "kernel"),
    }),
    biasInitializer: initializers.randomUniform({
      minval: -bound,
      maxval: bound,
      seed: weightSeed(seed, layer, "bias"),
    }),
  };
}

function weightSeed(seed: number, layer: string, weight: string): number {
  return stream(seed, "init", layer, weight).seed32();
}
