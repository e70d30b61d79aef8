/**
 * The published codes that an EfficientNet can follow. They compute the same from the same weights but for the borders of
 * images, batch norm's settings and what is put around the network:
 *
 * - `efficientnet-pytorch`: github.com/lukemelas/EfficientNet-PyTorch. Pads as TensorFlow does for the image at hand, which
 *   is what that code does with `image_size=None`, and at the network's own input size in any case.
 * - `torchvision`: pads half the kernel on either side; its B0 to B4 have PyTorch's usual batch norm.
 * - `keras`: `keras.applications`. There the images' scaling is part of the model; here it comes before
 *   (`Backbone.preprocessing`, which is what the layers of the published ImageNet models compute).
 * - `deepfakebench`: the B4 of DeepfakeBench, made by efficientnet_pytorch for 380 pixels and padded so whatever the images
 *   are, but for a first convolution without any; no dropout; images in [−1, 1]. It has no form with `adjustChannel`: in
 *   that mode DeepfakeBench's own classifier does not fit the 512 channels that it is given.
 */
import type { Backbone, Preprocessing } from "../backbone.js";
import { type InitializerScheme, pytorchInitializers } from "../layers/initializers.js";
import type { TheirNames } from "../weights/names.js";
import { kerasEfficientNetInitializers, torchvisionEfficientNetInitializers } from "./initial-weights.js";
import { deepfakebenchNames, efficientnetPytorchNames, kerasNames, torchvisionNames } from "./names.js";
import type { PaddingRule } from "./padding.js";
import type { Architecture } from "./scaling.js";

/** The variants; the first is the default, the last one of B4 alone. */
export const variantNames = ["efficientnet-pytorch", "torchvision", "keras", "deepfakebench"] as const;

export type VariantName = (typeof variantNames)[number];

/** What a variant does its own way. */
export interface Variant {
  readonly padding: PaddingRule;
  /** Batch norm's ε, and its momentum as Keras counts it. */
  readonly batchNorm: { readonly epsilon: number; readonly momentum: number };
  readonly initializers: InitializerScheme;
  readonly preprocessing: Omit<Preprocessing, "size">;
  readonly names: (architecture: Architecture) => TheirNames;
  /** Weights in its files that are no part of the network. */
  readonly unusedWeights?: Backbone["unusedWeights"];
}

/** The authors' settings, which all take but torchvision's smaller networks. */
const tensorflowNorm = { epsilon: 1e-3, momentum: 0.99 };
const pytorchNorm = { epsilon: 1e-5, momentum: 0.9 };

/** Mean and deviation of ImageNet's images. */
const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

/**
 * @param name the variant
 * @param number of the network: 4 is B4
 */
export function variantOf(name: VariantName, number: number): Variant {
  const common = { batchNorm: tensorflowNorm, preprocessing: imagenet };
  switch (name) {
    case "efficientnet-pytorch":
      return {
        ...common,
        padding: { kind: "same" },
        initializers: pytorchInitializers,
        names: (architecture) => ({ pytorch: efficientnetPytorchNames(architecture) }),
      };
    case "torchvision":
      return {
        ...common,
        padding: { kind: "half" },
        batchNorm: number <= 4 ? pytorchNorm : tensorflowNorm,
        initializers: torchvisionEfficientNetInitializers,
        names: (architecture) => ({ pytorch: torchvisionNames(architecture) }),
      };
    case "keras":
      return {
        ...common,
        // Its borders of zeros before convolutions of stride 2 are those of "same".
        padding: { kind: "same" },
        initializers: kerasEfficientNetInitializers,
        names: (architecture) => ({ keras: kerasNames(architecture) }),
        unusedWeights: { "normalization/mean:0": [3], "normalization/variance:0": [3], "normalization/count:0": [] },
      };
    case "deepfakebench":
      return {
        ...common,
        padding: { kind: "static", size: 380 },
        initializers: pytorchInitializers,
        preprocessing: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
        names: (architecture) => ({ pytorch: deepfakebenchNames(architecture) }),
      };
  }
}
