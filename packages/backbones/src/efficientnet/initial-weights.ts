/**
 * Initial weights as the code behind each variant draws them; efficientnet_pytorch takes PyTorch's defaults. Both others
 * draw convolutions from a normal distribution of variance 2/fanOut (He et al. 2015, arXiv 1502.01852) and the last layer
 * uniformly in ±1/√classes, without biases. They count the outputs of a depthwise convolution differently, and Keras cuts
 * the distribution off at two standard deviations.
 */
import { initializers } from "@tensorflow/tfjs-layers";
import { type InitializerScheme, normal, truncatedNormal, uniform } from "../layers/initializers.js";

/** `torchvision.models.efficientnet`. */
export const torchvisionEfficientNetInitializers: InitializerScheme = (seed, layer, { kind, fanOut }) => ({
  kernelInitializer:
    kind === "dense"
      ? uniform(seed, layer, "kernel", 1 / Math.sqrt(fanOut))
      : normal(seed, layer, "kernel", Math.sqrt(2 / fanOut)),
  biasInitializer: initializers.zeros(),
});

/** `keras.applications.efficientnet`. */
export const kerasEfficientNetInitializers: InitializerScheme = (seed, layer, { kind, fanIn, fanOut }) => ({
  kernelInitializer:
    kind === "dense"
      ? uniform(seed, layer, "kernel", 1 / Math.sqrt(fanOut))
      : truncatedNormal(seed, layer, "kernel", Math.sqrt(2 / (kind === "depthwise" ? fanIn : fanOut))),
  biasInitializer: initializers.zeros(),
});
