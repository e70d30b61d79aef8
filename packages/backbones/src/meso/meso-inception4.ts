/**
 * MesoInception4 (Afchar et al. 2018, arXiv 1809.00888): Meso4 with its first two blocks replaced by inception modules
 * of 1×1, 3×3 and dilated 3×3 convolutions, 28,615 trainable parameters at 256 pixels.
 */
import { input, layers, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { Backbone, BackboneDefinition, BackboneDescription, BuildOptions } from "../backbone.js";
import { apply } from "../layers/apply.js";
import { resolveOptions } from "../options.js";
import { MesoLayers, mesoDropout, mesoInputSize, mesoVariants } from "./meso-layers.js";

/** Filters of the four branches of each inception module. */
const MODULES = [
  [1, 4, 4, 2],
  [2, 4, 4, 2],
] as const;

/** Kernel size and dilation after the 1×1 convolution of a branch; the first branch is that convolution alone. */
const SECOND_CONVOLUTIONS = [undefined, 1, 2, 3] as const;

/** The convolutions of a module in the order of the authors' code. */
const BRANCH_LAYERS = ["conv1", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv4_1", "conv4_2"];
const MODULE_LAYERS = [1, 2].flatMap((module) => BRANCH_LAYERS.map((layer) => `inception${module}_${layer}`));

/** The authors' Keras layers, numbered as in a fresh session and in their released files. */
const KERAS = {
  ...Object.fromEntries([...MODULE_LAYERS, "conv1", "conv2"].map((ours, i) => [ours, `conv2d_${i + 1}`])),
  ...Object.fromEntries(
    ["inception1_bn", "inception2_bn", "bn1", "bn2"].map((ours, i) => [ours, `batch_normalization_${i + 1}`]),
  ),
  fc1: "dense_1",
  fc2: "dense_2",
};

/** DeepfakeBench's layers, in its spelling; the last two convolutions share a batch norm. */
const PYTORCH = {
  ...Object.fromEntries(
    [...MODULE_LAYERS, "inception1_bn", "inception2_bn"].map((ours) => [ours, ours.replace("inception", "Incption")]),
  ),
  ...Object.fromEntries(["conv1", "conv2", "bn1", "fc1", "fc2"].map((name) => [name, name])),
};

const description: BackboneDescription = {
  name: "mesoinception4",
  summary: "Meso4 with inception modules of dilated convolutions (Afchar et al. 2018)",
  variants: mesoVariants,
  inputSize: mesoInputSize,
  dropout: mesoDropout,
  signatures: [
    {
      variants: ["keras"],
      source: "keras",
      weights: { "conv2d_1/kernel:0": [1, 1, 3, 1], "conv2d_16/kernel:0": [5, 5, 16, 16] },
    },
    {
      variants: ["deepfakebench"],
      source: "pytorch",
      weights: { "Incption1_conv1.weight": null, "Incption2_conv4_2.weight": null },
    },
    {
      variants: ["keras"],
      source: "roga",
      weights: { "inception1_conv1/bias": [1], "inception2_conv4_2/kernel": [3, 3, 2, 2] },
    },
    {
      variants: ["deepfakebench"],
      source: "roga",
      weights: { "inception1_conv1/kernel": [1, 1, 3, 1], "inception2_conv4_2/kernel": [3, 3, 2, 2] },
      absent: ["inception1_conv1/bias"],
    },
  ],
};

/**
 * Builds MesoInception4 with fresh weights. Variants: `"keras"` (default), the authors' network; `"deepfakebench"`, that
 * of the benchmark, which has no convolution biases, no relu inside the inception modules, and one batch norm for the
 * last two convolutions.
 *
 * TensorFlow.js cannot differentiate a dilated convolution; the model built here can be trained all the same, but a
 * copy read with `tf.loadLayersModel` can only infer. To go on training, build again and load the weights.
 *
 * @param options input size 32 to 600 pixels, 256 by default; see {@link BuildOptions}
 * @throws BackboneOptionError when an option is outside its range
 */
export function mesoInception4(options: BuildOptions = {}): Backbone {
  const resolved = resolveOptions(description, options);
  const make = new MesoLayers(resolved);
  const image = input({ name: "image", shape: [resolved.inputSize, resolved.inputSize, 3] });
  let x = image;
  MODULES.forEach((filters, i) => {
    const name = `inception${i + 1}`;
    const joined = inceptionModule(make, x, name, filters);
    x = make.pool(apply(make.batchNorm(`${name}_bn`), joined), `${name}_pool`, 2);
  });
  const norm1 = make.batchNorm("bn1");
  const norm2 = make.followsPyTorch ? norm1 : make.batchNorm("bn2");
  x = make.pool(apply(norm1, make.convolution(x, "conv1", 16, 5)), "pool1", 2);
  x = make.pool(apply(norm2, make.convolution(x, "conv2", 16, 5)), "pool2", 4);
  return make.finish(description.name, image, x, make.followsPyTorch ? PYTORCH : KERAS);
}

function inceptionModule(
  make: MesoLayers,
  x: SymbolicTensor,
  name: string,
  filters: readonly number[],
): SymbolicTensor {
  const activation = make.followsPyTorch ? "linear" : "relu";
  const branches = SECOND_CONVOLUTIONS.map((dilationRate, i) => {
    const layer = `${name}_conv${i + 1}`;
    if (dilationRate === undefined) return make.convolution(x, layer, filters[i]!, 1, { activation });
    const reduced = make.convolution(x, `${layer}_1`, filters[i]!, 1, { activation });
    return make.convolution(reduced, `${layer}_2`, filters[i]!, 3, { dilationRate, activation });
  });
  return apply(layers.concatenate({ name: `${name}_concat` }), ...branches);
}

/** MesoInception4's entry in the list of architectures. */
export const mesoInception4Definition: BackboneDefinition = { ...description, build: mesoInception4 };
