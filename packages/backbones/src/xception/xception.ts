/**
 * Xception (Chollet: Xception, Deep Learning with Depthwise Separable Convolutions, CVPR 2017, arXiv 1610.02357): two
 * convolutions, twelve blocks of depthwise separable ones beside skip connections, two more, global mean, dense layer.
 *
 * "deepfakebench" is the PyTorch network of R. Cadene's pretrained models, which FaceForensics++ and DeepfakeBench train:
 * batch norm of epsilon 1e-5 and momentum 0.1 (0.9 as Keras counts it), max pooling with a border of one pixel on all
 * sides. "keras" is the author's own: epsilon 1e-3, momentum 0.99, max pooling with TensorFlow's "same", which on even
 * sizes is another grid. Neither pads the first two convolutions; both see images in [−1, 1].
 */
import { input, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { Backbone, BackboneDefinition, BackboneDescription, BuildOptions } from "../backbone.js";
import { Blocks } from "../layers/blocks.js";
import { finish } from "../layers/finish.js";
import { kerasInitializers, pytorchInitializers } from "../layers/initializers.js";
import { maxPool3, samePool3 } from "../layers/padding.js";
import { resolveOptions } from "../options.js";
import { adjustChannelWeights, type LayerNames } from "../weights/names.js";

/** Channels after each separable convolution of the blocks; all but the middle ones halve the image. */
const BLOCKS: readonly { readonly filters: readonly number[]; readonly strided: boolean }[] = [
  { filters: [128, 128], strided: true },
  { filters: [256, 256], strided: true },
  { filters: [728, 728], strided: true },
  ...Array.from({ length: 8 }, () => ({ filters: [728, 728, 728], strided: false })),
  { filters: [728, 1024], strided: true },
];

/** Channels of the two separable convolutions after the blocks. */
const TAIL = [1536, 2048] as const;

const description: BackboneDescription = {
  name: "xception",
  summary: "depthwise separable convolutions in twelve residual blocks (Chollet 2017)",
  variants: ["deepfakebench", "keras"],
  inputSize: { min: 32, default: 256, max: 600 },
  dropout: 0,
  adjustChannel: ["deepfakebench"],
  signatures: [
    {
      variants: ["deepfakebench"],
      source: "pytorch",
      weights: { "block12.rep.1.conv1.weight": [728, 1, 3, 3], "conv4.conv1.weight": [1536, 1, 3, 3] },
    },
    {
      variants: ["keras"],
      source: "keras",
      weights: {
        "block13_sepconv2/depthwise_kernel:0": [3, 3, 728, 1],
        "block14_sepconv2/depthwise_kernel:0": [3, 3, 1536, 1],
      },
    },
    {
      variants: ["deepfakebench", "keras"],
      source: "roga",
      weights: {
        "block12_sep1_depthwise/depthwise_kernel": [3, 3, 728, 1],
        "conv4_depthwise/depthwise_kernel": [3, 3, 1536, 1],
      },
    },
  ],
};

/**
 * Builds Xception with fresh weights: 20,811,050 trainable parameters with two classes, 22,855,952 with ImageNet's 1,000.
 * Variants: `"deepfakebench"` (default), the PyTorch network whose files the field exchanges; `"keras"`, the author's.
 * `features` are `[n, 2048]`, or `[n, 512]` with `adjustChannel`.
 *
 * PyTorch files of ImageNet (`fc.*`, pointwise kernels of two dimensions), of FaceForensics++ and of DeepfakeBench
 * (`last_linear.*`, with dropout `last_linear.1.*`) are read; `adjust_channel.*`, which DeepfakeBench's files always
 * hold, is left unless `adjustChannel` asks for it.
 *
 * @param options input size 32 to 600 pixels, 256 by default (ImageNet's weights were trained at 299); see
 *   {@link BuildOptions}
 * @throws BackboneOptionError when an option is outside its range
 */
export function xception(options: BuildOptions = {}): Backbone {
  const resolved = resolveOptions(description, options);
  const { inputSize, classes, dropout, adjustChannel, seed, initialWeights } = resolved;
  const followsPyTorch = resolved.variant === "deepfakebench";
  const make = new Blocks(
    followsPyTorch
      ? { seed, initialWeights, initializers: pytorchInitializers, epsilon: 1e-5, momentum: 0.9 }
      : { seed, initialWeights, initializers: kerasInitializers, epsilon: 1e-3, momentum: 0.99 },
  );
  const pool = followsPyTorch ? maxPool3 : samePool3;
  const separable = (x: SymbolicTensor, name: string, filters: number) =>
    make.convolution(make.depthwise(x, `${name}_depthwise`, { kernelSize: 3 }), `${name}_pointwise`, filters, {
      kernelSize: 1,
    });

  const image = input({ name: "image", shape: [inputSize, inputSize, 3] });
  let x = make.convolution(image, "conv1", 32, { kernelSize: 3, strides: 2, padding: "valid" });
  x = make.activation(make.batchNorm(x, "bn1"), "relu1", "relu");
  x = make.convolution(x, "conv2", 64, { kernelSize: 3, padding: "valid" });
  x = make.activation(make.batchNorm(x, "bn2"), "relu2", "relu");

  BLOCKS.forEach(({ filters, strided }, i) => {
    const name = `block${i + 1}`;
    let y = x;
    filters.forEach((out, j) => {
      const layer = `${name}_sep${j + 1}`;
      if (i > 0 || j > 0) y = make.activation(y, `${layer}_relu`, "relu");
      y = make.batchNorm(separable(y, layer, out), `${layer}_bn`);
    });
    if (strided) {
      y = pool(y, `${name}_pool`);
      const skip = make.convolution(x, `${name}_skip`, filters.at(-1)!, { kernelSize: 1, strides: 2 });
      x = make.batchNorm(skip, `${name}_skip_bn`);
    }
    x = make.add(y, x, `${name}_add`);
  });

  TAIL.forEach((filters, i) => {
    const n = i + 3;
    x = make.batchNorm(separable(x, `conv${n}`, filters), `bn${n}`);
    // DeepfakeBench's adjusted channels are made of what comes before the last relu.
    if (n === 3 || !adjustChannel) x = make.activation(x, `relu${n}`, "relu");
  });
  if (adjustChannel) x = make.adjustChannel(x);
  const features = make.globalMean(x, "pool");
  const logits = make.classifier(features, "logits", classes, dropout);
  const half = [0.5, 0.5, 0.5] as const;
  return finish({
    name: description.name,
    options: resolved,
    image,
    features,
    logits,
    preprocessing: { mean: half, std: half },
    theirNames: followsPyTorch ? pytorchNames(dropout > 0) : { keras: kerasNames(1), kerasAliases: [kerasNames(0)] },
    unusedWeights: followsPyTorch && !adjustChannel ? adjustChannelWeights(TAIL[1]) : {},
  });
}

/** Each separable convolution of the blocks, by its layers' beginning, with its block and place, both from 0. */
const SEPARABLES = BLOCKS.flatMap(({ filters }, block) =>
  filters.map((_, place) => ({ ours: `block${block + 1}_sep${place + 1}`, block, place })),
);
const STRIDED = BLOCKS.flatMap(({ strided }, block) => (strided ? [block] : []));

/** Cadene's names. A block's `rep` counts relu, separable convolution and batch norm; the first block begins without relu. */
function pytorchNames(withDropout: boolean) {
  const names: Record<string, string> = { adjust_conv: "adjust_channel.0", adjust_bn: "adjust_channel.1" };
  for (const layer of ["conv1", "bn1", "conv2", "bn2", "bn3", "bn4"]) names[layer] = layer;
  const separable = (ours: string, theirs: string) => {
    names[`${ours}_depthwise`] = `${theirs}.conv1`;
    names[`${ours}_pointwise`] = `${theirs}.pointwise`;
  };
  for (const { ours, block, place } of SEPARABLES) {
    const index = 3 * place + (block === 0 ? 0 : 1);
    separable(ours, `block${block + 1}.rep.${index}`);
    names[`${ours}_bn`] = `block${block + 1}.rep.${index + 1}`;
  }
  for (const block of STRIDED) {
    names[`block${block + 1}_skip`] = `block${block + 1}.skip`;
    names[`block${block + 1}_skip_bn`] = `block${block + 1}.skipbn`;
  }
  for (const layer of ["conv3", "conv4"]) separable(layer, layer);
  const [plain, dropped, imageNet] = ["last_linear", "last_linear.1", "fc"].map((logits) => ({ logits }));
  const [first, second] = withDropout ? [dropped!, plain!] : [plain!, dropped!];
  return { pytorch: { ...names, ...first }, pytorchAliases: [second, imageNet!] };
}

/**
 * Keras' names: its block n + 1 is block n here, and a separable convolution is one layer. Those of the skip connections
 * are numbered, from 1, or from 0 and then without a number for the first.
 */
function kerasNames(first: 0 | 1): LayerNames {
  const names: Record<string, string> = { logits: "predictions" };
  for (const [ours, theirs] of [
    ["1", "block1_conv1"],
    ["2", "block1_conv2"],
    ["3", "block14_sepconv1"],
    ["4", "block14_sepconv2"],
  ]) {
    names[`conv${ours}`] = theirs!;
    names[`bn${ours}`] = `${theirs}_bn`;
  }
  const separable = (ours: string, theirs: string) => {
    names[`${ours}_depthwise`] = theirs;
    names[`${ours}_pointwise/kernel`] = `${theirs}/pointwise_kernel:0`;
    names[`${ours}_bn`] ??= `${theirs}_bn`;
  };
  for (const { ours, block, place } of SEPARABLES) separable(ours, `block${block + 2}_sepconv${place + 1}`);
  separable("conv3", "block14_sepconv1");
  separable("conv4", "block14_sepconv2");
  STRIDED.forEach((block, i) => {
    const number = i + first === 0 ? "" : `_${i + first}`;
    names[`block${block + 1}_skip`] = `conv2d${number}`;
    names[`block${block + 1}_skip_bn`] = `batch_normalization${number}`;
  });
  return names;
}

/** Xception's entry in the list of architectures. */
export const xceptionDefinition: BackboneDefinition = { ...description, build: xception };
