/**
 * Meso4 (Afchar, Nozick, Yamagishi, Echizen: MesoNet, a compact facial video forgery detection network, WIFS 2018,
 * arXiv 1809.00888): four convolutions with batch norm and pooling, 27,977 trainable parameters at 256 pixels.
 */
import { input } from "@tensorflow/tfjs-layers";
import type { Backbone, BackboneDefinition, BackboneDescription, BuildOptions } from "../backbone.js";
import { apply } from "../layers/apply.js";
import { resolveOptions } from "../options.js";
import { MesoLayers, mesoDropout, mesoInputSize, mesoVariants } from "./meso-layers.js";

/** Filters, kernel size and pooling of the four blocks. */
const BLOCKS = [
  [8, 3, 2],
  [8, 5, 2],
  [16, 5, 2],
  [16, 5, 4],
] as const;

/** The authors' Keras layers, numbered as in a fresh session (their released files count on from another network). */
const KERAS = {
  ...Object.fromEntries(
    BLOCKS.flatMap((_, i) => [`conv${i + 1}`, `bn${i + 1}`].map((ours) => [ours, kerasLayer(ours)])),
  ),
  fc1: "dense_1",
  fc2: "dense_2",
};

/** DeepfakeBench's layers; two batch norms are each used twice. */
const PYTORCH = Object.fromEntries(
  ["conv1", "conv2", "conv3", "conv4", "bn1", "bn2", "fc1", "fc2"].map((name) => [name, name]),
);

function kerasLayer(ours: string): string {
  return ours.replace("conv", "conv2d_").replace("bn", "batch_normalization_");
}

const description: BackboneDescription = {
  name: "meso4",
  summary: "four convolutions, 28 thousand parameters (Afchar et al. 2018)",
  variants: mesoVariants,
  inputSize: mesoInputSize,
  dropout: mesoDropout,
  signatures: [
    {
      variants: ["keras"],
      source: "keras",
      weights: { "conv2d_1/kernel:0": [3, 3, 3, 8], "conv2d_4/kernel:0": [5, 5, 16, 16] },
    },
    {
      variants: ["deepfakebench"],
      source: "pytorch",
      weights: { "conv1.weight": [8, 3, 3, 3], "conv4.weight": [16, 16, 5, 5] },
    },
    {
      variants: ["keras"],
      source: "roga",
      weights: { "conv1/kernel": [3, 3, 3, 8], "conv4/bias": [16] },
    },
    {
      variants: ["deepfakebench"],
      source: "roga",
      weights: { "conv1/kernel": [3, 3, 3, 8], "conv4/kernel": [5, 5, 16, 16] },
      absent: ["conv4/bias"],
    },
  ],
};

/**
 * Builds Meso4 with fresh weights. Variants: `"keras"` (default), the authors' network; `"deepfakebench"`, that of the
 * benchmark, which has no convolution biases and shares one batch norm between blocks 1 and 2 and one between 3 and 4.
 *
 * @param options input size 32 to 600 pixels, 256 by default; see {@link BuildOptions}
 * @throws BackboneOptionError when an option is outside its range
 */
export function meso4(options: BuildOptions = {}): Backbone {
  const resolved = resolveOptions(description, options);
  const make = new MesoLayers(resolved);
  const image = input({ name: "image", shape: [resolved.inputSize, resolved.inputSize, 3] });
  const norms = make.followsPyTorch
    ? [make.batchNorm("bn1"), make.batchNorm("bn2")].flatMap((norm) => [norm, norm])
    : BLOCKS.map((_, i) => make.batchNorm(`bn${i + 1}`));
  let x = image;
  BLOCKS.forEach(([filters, kernelSize, poolSize], i) => {
    x = make.convolution(x, `conv${i + 1}`, filters, kernelSize);
    x = make.pool(apply(norms[i]!, x), `pool${i + 1}`, poolSize);
  });
  return make.finish(description.name, image, x, make.followsPyTorch ? PYTORCH : KERAS);
}

/** Meso4's entry in the list of architectures. */
export const meso4Definition: BackboneDefinition = { ...description, build: meso4 };
