/**
 * Initial weights from named random streams, so that a weight depends on the seed and its own name alone: adding a layer
 * shifts no other, and every process draws the same. A scheme is what one body of published code does:
 *
 * - `kerasInitializers`: Glorot uniform kernels (Glorot & Bengio 2010), zero biases.
 * - `pytorchInitializers`: kernels and biases uniform in ±1/√fanIn, what `nn.Conv2d` and `nn.Linear` do by default.
 * - `torchvisionInitializers`: convolutions normal of variance 2/fanOut (He et al. 2015, arXiv 1502.01852) with zero
 *   biases, what torchvision's networks do; dense layers as PyTorch by default.
 */
import { stream } from "@roga/tensor-utils/random";
import { initializers } from "@tensorflow/tfjs-layers";

type Initializer = ReturnType<typeof initializers.zeros>;

/** The initializers of a convolution's or dense layer's kernel and bias. */
export interface LayerInitializers {
  kernelInitializer: Initializer;
  biasInitializer: Initializer;
}

/** What a scheme may depend on. */
export interface Fans {
  kind: "convolution" | "depthwise" | "dense";
  /** Number of inputs of one output: of a depthwise convolution, the values of one filter. */
  fanIn: number;
  /** As PyTorch counts it: outputs × values of one filter for convolutions, depthwise ones included. */
  fanOut: number;
}

/** Makes the initializers of a layer. */
export type InitializerScheme = (seed: number, layer: string, fans: Fans) => LayerInitializers;

export const kerasInitializers: InitializerScheme = (seed, layer) => ({
  kernelInitializer: initializers.glorotUniform({ seed: weightSeed(seed, layer, "kernel") }),
  biasInitializer: initializers.zeros(),
});

export const pytorchInitializers: InitializerScheme = (seed, layer, { kind, fanIn }) => {
  const bound = 1 / Math.sqrt(fanIn);
  return {
    // TensorFlow.js takes a depthwise kernel [h, w, C, 1] for a convolution of C·h·w inputs.
    kernelInitializer:
      kind === "depthwise"
        ? uniform(seed, layer, "kernel", bound)
        : initializers.varianceScaling({
            scale: 1 / 3,
            mode: "fanIn",
            distribution: "uniform",
            seed: weightSeed(seed, layer, "kernel"),
          }),
    biasInitializer: uniform(seed, layer, "bias", bound),
  };
};

export const torchvisionInitializers: InitializerScheme = (seed, layer, fans) => {
  if (fans.kind === "dense") return pytorchInitializers(seed, layer, fans);
  return {
    kernelInitializer: normal(seed, layer, "kernel", Math.sqrt(2 / fans.fanOut)),
    biasInitializer: initializers.zeros(),
  };
};

/** Uniform in ±bound. */
export function uniform(seed: number, layer: string, weight: string, bound: number): Initializer {
  return initializers.randomUniform({ minval: -bound, maxval: bound, seed: weightSeed(seed, layer, weight) });
}

/** Normal of mean 0. */
export function normal(seed: number, layer: string, weight: string, stddev: number): Initializer {
  return initializers.randomNormal({ mean: 0, stddev, seed: weightSeed(seed, layer, weight) });
}

/** Standard deviation of a normal distribution of deviation 1 that is cut off at ±2. */
const TRUNCATED_DEVIATION = 0.87962566103423978;

/** Normal of mean 0, cut off at two standard deviations and widened so that `stddev` is what remains. */
export function truncatedNormal(seed: number, layer: string, weight: string, stddev: number): Initializer {
  const options = { mean: 0, stddev: stddev / TRUNCATED_DEVIATION, seed: weightSeed(seed, layer, weight) };
  return initializers.truncatedNormal(options);
}

/** Zeros: for networks that are given other weights at once. */
export const zeroInitializers: InitializerScheme = () => ({
  kernelInitializer: initializers.zeros(),
  biasInitializer: initializers.zeros(),
});

function weightSeed(seed: number, layer: string, weight: string): number {
  return stream(seed, "init", layer, weight).seed32();
}
