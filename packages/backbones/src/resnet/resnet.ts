/**
 * ResNet-18, -34 and -50 (He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition, CVPR 2016, arXiv 1512.03385)
 * as torchvision has them: in the bottlenecks of ResNet-50 the 3×3 convolution strides, not the first 1×1. Batch norm of
 * epsilon 1e-5 and momentum 0.1 (0.9 as Keras counts it), no convolution biases, He-normal initial weights.
 */
import { input, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { Backbone, BackboneDefinition, BackboneDescription, BuildOptions } from "../backbone.js";
import { BackboneOptionError } from "../errors.js";
import { Blocks } from "../layers/blocks.js";
import { finish } from "../layers/finish.js";
import { torchvisionInitializers } from "../layers/initializers.js";
import { maxPool3 } from "../layers/padding.js";
import { resolveOptions } from "../options.js";
import type { LayerNames } from "../weights/names.js";

/** Numbers of layers. */
export type ResNetNumber = 18 | 34 | 50;

/** Blocks in each of the four stages, and whether they are bottlenecks, which give four times their inner channels. */
const SHAPES: Readonly<Record<ResNetNumber, { blocks: readonly number[]; bottleneck: boolean }>> = {
  18: { blocks: [2, 2, 2, 2], bottleneck: false },
  34: { blocks: [3, 4, 6, 3], bottleneck: false },
  50: { blocks: [3, 4, 6, 3], bottleneck: true },
};

/** Inner channels of the four stages. */
const WIDTHS = [64, 128, 256, 512] as const;
const EXPANSION = 4;

function describe(number: ResNetNumber): BackboneDescription {
  const { blocks, bottleneck } = SHAPES[number];
  // The last block there is of each stage, and the kernel that tells basic blocks from bottlenecks.
  const last = { "4.2": [512, 512, 3, 3], "3.5": [256, 256, 3, 3] };
  const [final, middle] = bottleneck
    ? [
        [512, 2048, 1, 1],
        [256, 1024, 1, 1],
      ]
    : [last["4.2"], last["3.5"]];
  const shallow = number === 18;
  const signature = (
    nameOf: (stage: number, block: number) => string,
    shapeOf = (shape: readonly number[]) => shape,
  ) => ({
    weights: {
      [nameOf(4, blocks[3]! - 1)]: shapeOf(final!),
      ...(shallow ? {} : { [nameOf(3, blocks[2]! - 1)]: shapeOf(middle!) }),
    },
    ...(shallow && { absent: [nameOf(4, 2)] }),
  });
  const torch = (stage: (n: number) => string) => signature((n, block) => `${stage(n)}.${block}.conv1.weight`);
  const ours = signature(
    (n, block) => `layer${n}_${block}_conv1/kernel`,
    ([out, inputs, height, width]) => [height!, width!, inputs!, out!],
  );
  const variants = ["deepfakebench", "torchvision"];
  return {
    name: `resnet${number}`,
    summary: `residual ${bottleneck ? "bottlenecks" : "blocks"} of ${number} layers (He et al. 2016)`,
    variants,
    inputSize: { min: 32, default: 256, max: 600 },
    dropout: 0,
    adjustChannel: ["deepfakebench"],
    signatures: [
      { variants: ["deepfakebench"], source: "pytorch", ...torch((n) => `resnet.${n + 3}`) },
      { variants: ["torchvision"], source: "pytorch", ...torch((n) => `layer${n}`) },
      { variants, source: "roga", ...ours },
    ],
  };
}

/** What is done to images: DeepfakeBench's for all its networks, and torchvision's for its ImageNet weights. */
const PREPROCESSING = {
  deepfakebench: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  torchvision: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
} as const;

/**
 * Builds a ResNet with fresh weights: with ImageNet's 1,000 classes 11,689,512, 21,797,672 or 25,557,032 trainable
 * parameters. The variants `"deepfakebench"` (default) and `"torchvision"` are the same network with other names and
 * preprocessing, and each reads the other's files. `features` are `[n, 512]`, of ResNet-50 `[n, 2048]`.
 *
 * @param number 18, 34 or 50
 * @param options input size 32 to 600 pixels, 256 by default; see {@link BuildOptions}
 * @throws BackboneOptionError when an option is outside its range
 */
export function resNet(number: ResNetNumber, options: BuildOptions = {}): Backbone {
  if (![18, 34, 50].includes(number)) {
    throw new BackboneOptionError(`resNet.number: expected 18, 34 or 50, got ${JSON.stringify(number)}`);
  }
  const description = describe(number);
  const resolved = resolveOptions(description, options);
  const { inputSize, classes, dropout, adjustChannel, seed, initialWeights } = resolved;
  const make = new Blocks({
    seed,
    initialWeights,
    initializers: torchvisionInitializers,
    epsilon: 1e-5,
    momentum: 0.9,
  });
  const { blocks, bottleneck } = SHAPES[number];

  /** A convolution with PyTorch's padding that keeps the size, and batch norm. */
  const convolve = (
    x: SymbolicTensor,
    name: string,
    norm: string,
    filters: number,
    kernelSize: number,
    strides = 1,
  ) => {
    const padding = (kernelSize - 1) / 2;
    return make.batchNorm(make.convolution(x, name, filters, { kernelSize, strides, padding }), norm);
  };
  const relu = (x: SymbolicTensor, name: string) => make.activation(x, name, "relu");

  function block(x: SymbolicTensor, name: string, width: number, strides: number): SymbolicTensor {
    const layer = (n: number, y: SymbolicTensor, filters: number, kernelSize: number, strides = 1) =>
      convolve(y, `${name}_conv${n}`, `${name}_bn${n}`, filters, kernelSize, strides);
    const out = bottleneck ? EXPANSION * width : width;
    let y: SymbolicTensor;
    if (bottleneck) {
      y = relu(layer(1, x, width, 1), `${name}_relu1`);
      y = relu(layer(2, y, width, 3, strides), `${name}_relu2`);
      y = layer(3, y, out, 1);
    } else {
      y = relu(layer(1, x, width, 3, strides), `${name}_relu1`);
      y = layer(2, y, width, 3);
    }
    const shortcut =
      strides === 1 && x.shape[3] === out
        ? x
        : convolve(x, `${name}_downsample`, `${name}_downsample_bn`, out, 1, strides);
    return relu(make.add(y, shortcut, `${name}_add`), `${name}_relu`);
  }

  const image = input({ name: "image", shape: [inputSize, inputSize, 3] });
  let x = relu(convolve(image, "conv1", "bn1", 64, 7, 2), "relu1");
  x = maxPool3(x, "pool1", { nonNegative: true });
  WIDTHS.forEach((width, stage) => {
    for (let i = 0; i < blocks[stage]!; i++) {
      x = block(x, `layer${stage + 1}_${i}`, width, stage > 0 && i === 0 ? 2 : 1);
    }
  });
  if (adjustChannel) x = make.adjustChannel(x);
  const features = make.globalMean(x, "pool");
  const logits = make.classifier(features, "logits", classes, dropout);
  const torchvision = pytorchNames((n) => `layer${n}`, "conv1", "bn1", blocks);
  const deepfakebench = pytorchNames((n) => `resnet.${n + 3}`, "resnet.0", "resnet.1", blocks);
  const [own, other] = resolved.variant === "torchvision" ? [torchvision, deepfakebench] : [deepfakebench, torchvision];
  return finish({
    name: description.name,
    options: resolved,
    image,
    features,
    logits,
    preprocessing: PREPROCESSING[resolved.variant as keyof typeof PREPROCESSING],
    theirNames: { pytorch: own, pytorchAliases: [other] },
  });
}

/** torchvision's names; DeepfakeBench numbers the modules instead. */
function pytorchNames(stage: (n: number) => string, conv1: string, bn1: string, blocks: readonly number[]): LayerNames {
  const names: Record<string, string> = { conv1, bn1, logits: "fc" };
  names.adjust_conv = "adjust_channel.0";
  names.adjust_bn = "adjust_channel.1";
  blocks.forEach((count, s) => {
    for (let i = 0; i < count; i++) {
      const [ours, theirs] = [`layer${s + 1}_${i}`, `${stage(s + 1)}.${i}`];
      for (const layer of ["conv1", "bn1", "conv2", "bn2", "conv3", "bn3"])
        names[`${ours}_${layer}`] = `${theirs}.${layer}`;
      names[`${ours}_downsample`] = `${theirs}.downsample.0`;
      names[`${ours}_downsample_bn`] = `${theirs}.downsample.1`;
    }
  });
  return names;
}

/** The entries in the list of architectures. */
export const resNetDefinitions: readonly BackboneDefinition[] = ([18, 34, 50] as const).map((number) => ({
  ...describe(number),
  build: (options) => resNet(number, options),
}));
