/**
 * EfficientNet B0 to B7 (Tan and Le: EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML 2019,
 * arXiv 1905.11946): seven stages of inverted residual blocks, wider and deeper for larger images.
 */
import { input } from "@tensorflow/tfjs-layers";
import type { Backbone, BackboneDefinition, BackboneDescription, BuildOptions } from "../backbone.js";
import { BackboneOptionError } from "../errors.js";
import { Blocks } from "../layers/blocks.js";
import { finish } from "../layers/finish.js";
import { resolveOptions } from "../options.js";
import { invertedResidual } from "./blocks.js";
import { PaddingPlan } from "./padding.js";
import { architectureOf, scales } from "./scaling.js";
import { signaturesOf } from "./signatures.js";
import { type VariantName, variantNames, variantOf } from "./variants.js";

/** Rate of stochastic depth of the block after the last; block i of n has i/n of it. */
const STOCHASTIC_DEPTH = 0.2;

/** The only network that DeepfakeBench has, and the dropout and input size that it gives it. */
const DEEPFAKEBENCH = { number: 4, dropout: 0, inputSize: 256 };

function describe(number: number): BackboneDescription {
  const { resolution, dropout } = scales[number]!;
  const variants = variantNames.filter((variant) => variant !== "deepfakebench" || number === DEEPFAKEBENCH.number);
  return {
    name: `efficientnet-b${number}`,
    summary: `EfficientNet B${number}: scaled for ${resolution} pixels (Tan and Le 2019)`,
    variants,
    inputSize: { min: 32, default: resolution, max: 600 },
    dropout,
    stochasticDepth: STOCHASTIC_DEPTH,
    signatures: signaturesOf(number, variants),
  };
}

const descriptions = scales.map((_, number) => describe(number));

function build(number: number, options: BuildOptions): Backbone {
  const { dropout, inputSize } = DEEPFAKEBENCH;
  const defaults = options.variant === "deepfakebench" ? { dropout, inputSize } : {};
  const description = descriptions[number]!;
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const resolved = resolveOptions(description, { ...defaults, ...given });

  const variant = variantOf(resolved.variant as VariantName, number);
  const architecture = architectureOf(scales[number]!);
  const { seed, initialWeights } = resolved;
  const make = new Blocks({ seed, initialWeights, initializers: variant.initializers, ...variant.batchNorm });
  const padding = new PaddingPlan(variant.padding);

  const image = input({ name: "image", shape: [resolved.inputSize, resolved.inputSize, 3] });
  const first = { kernelSize: 3, strides: 2, padding: padding.first(3, 2) };
  let x = make.convolution(image, "stem_conv", architecture.stem, first);
  x = make.activation(make.batchNorm(x, "stem_bn"), "stem_swish", "swish");
  for (const block of architecture.blocks) {
    const rate = (resolved.stochasticDepth * block.index) / architecture.blocks.length;
    x = invertedResidual(make, x, block, padding, rate);
  }
  x = make.convolution(x, "head_conv", architecture.head, { kernelSize: 1 });
  x = make.activation(make.batchNorm(x, "head_bn"), "head_swish", "swish");
  const features = make.globalMean(x, "mean");
  return finish({
    name: description.name,
    options: resolved,
    image,
    features,
    logits: make.classifier(features, "logits", resolved.classes, resolved.dropout),
    preprocessing: variant.preprocessing,
    theirNames: variant.names(architecture),
    unusedWeights: variant.unusedWeights ?? {},
  });
}

/** The entries of B0 to B7 in the list of architectures. */
export const efficientNetDefinitions: readonly BackboneDefinition[] = descriptions.map((description, number) => ({
  ...description,
  build: (options = {}) => build(number, options),
}));

/** Number of an EfficientNet: 4 is B4. */
export type EfficientNetNumber = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/**
 * Builds EfficientNet B0 to B7 with fresh weights. Variants: `"efficientnet-pytorch"` (default), `"torchvision"`,
 * `"keras"`, whose weight files each fits, and for B4 `"deepfakebench"`; they differ in the borders of images and in the
 * settings of batch norm, see the package's README.
 *
 * @param number 0 to 7
 * @param options input size 32 to 600 pixels, by default the size that the network was scaled for (224, 240, 260, 300, 380,
 *   456, 528, 600; 256 of `deepfakebench`); see {@link BuildOptions}
 * @throws BackboneOptionError when an option is outside its range
 */
export function efficientNet(number: EfficientNetNumber, options: BuildOptions = {}): Backbone {
  if (!Number.isInteger(number) || descriptions[number] === undefined) {
    throw new BackboneOptionError(
      `efficientNet.number: expected an integer from 0 to 7, got ${JSON.stringify(number)}`,
    );
  }
  return build(number, options);
}
