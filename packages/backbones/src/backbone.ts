/** The contract of a backbone: what every architecture's builder takes and gives, whatever the architecture. */
import type * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

/** Options of every builder. */
export interface BuildOptions {
  /** Height and width of the input in pixels; each architecture states its range and default. */
  inputSize?: number;
  /**
   * Number of outputs, an integer ≥ 1. 1, the default: one logit, of "fake"; its sigmoid is the score.
   * More: one logit for each class; their softmax are the scores (DeepfakeBench: real, fake).
   */
  classes?: number;
  /** Which published definition to follow; each architecture states its variants and default. */
  variant?: string;
  /**
   * Share of a dropout layer's inputs that are set to zero in training, from 0 up to but not including 1. Default: as
   * published. Short runs and small inputs learn faster with less.
   */
  dropout?: number;
  /**
   * Rate at which the last block's branch is left out in training, from 0 up to but not including 1; earlier blocks are
   * in proportion to their depth. Default: as published. Only of networks with stochastic depth.
   */
  stochasticDepth?: number;
  /**
   * Whether a 1×1 convolution to 512 channels with batch norm and relu stands before the head, as in the networks that
   * DeepfakeBench makes with `mode: adjust_channel`. False by default. Only of networks that it offers this for.
   */
  adjustChannel?: boolean;
  /** Seed of the initial weights, a safe integer; 0 by default. The same seed gives the same weights anywhere. */
  seed?: number;
  /**
   * "drawn", the default: initial weights as published. "zeros": kernels of zeros, for a network whose weights are
   * loaded next; drawing 20 million takes some seconds.
   */
  initialWeights?: "drawn" | "zeros";
}

/** Options with their defaults filled in. */
export type ResolvedOptions = Required<BuildOptions>;

/** What is done to an RGB image before it enters the network: `(pixel / 255 − mean) / std`, channel by channel. */
export interface Preprocessing {
  /** Height and width to resize to, in pixels. */
  size: number;
  /** Mean of red, green and blue, of pixels in [0, 1]. */
  mean: readonly [number, number, number];
  /** Divisor of red, green and blue after the mean is taken off. */
  std: readonly [number, number, number];
}

/** How a weight's dimensions are ordered elsewhere. */
export type WeightLayout =
  /** One dimension, the same everywhere. */
  | {
      /** Tells the layouts apart. */
      kind: "vector";
    }
  /** `[height, width, in, out]` here and in Keras, `[out, in, height, width]` in PyTorch. */
  | {
      /** Tells the layouts apart. */
      kind: "conv2d";
    }
  /** `[height, width, in, multiplier]` here and in Keras, `[in · multiplier, 1, height, width]` in PyTorch. */
  | {
      /** Tells the layouts apart. */
      kind: "depthwise";
    }
  /** `[in, out]` here and in Keras, `[out, in]` in PyTorch. */
  | {
      /** Tells the layouts apart. */
      kind: "dense";
    }
  /** As `dense`; its inputs are a flattened image, in the order given by `[h, w, c]` here and by `[c, h, w]` in PyTorch. */
  | {
      /** Tells the layouts apart. */
      kind: "flattened-dense";
      /** Height of the image that is flattened. */
      height: number;
      /** Its width. */
      width: number;
      /** Its channels. */
      channels: number;
    };

/** One weight's name here and in the code that the variant follows. */
export interface WeightName {
  /** `<layer>/<weight>`: the name in checkpoints, and `originalName` of the model's weight. */
  ours: string;
  /** Key in the PyTorch `state_dict` of the network, where the variant follows PyTorch code. */
  pytorch: string | null;
  /** Name in a Keras weight file, where the variant follows Keras code; layers numbered as in a fresh session. */
  keras: string | null;
  /**
   * Other names of it, such as those of another published release, by framework. Entry i of all weights belongs together;
   * null where that release names it as above.
   */
  aliases: {
    /** In PyTorch files. */
    readonly pytorch: readonly (string | null)[];
    /** In Keras files. */
    readonly keras: readonly (string | null)[];
  };
  /** Order of its dimensions. */
  layout: WeightLayout;
}

/** Size and work of a network. */
export interface Cost {
  /** Values that gradients move. */
  trainableParameters: number;
  /** Values that only forward passes move: running statistics. */
  nonTrainableParameters: number;
  /** Multiply-accumulate operations of convolutions and dense layers for one image. */
  macs: number;
}

/** A built network. */
export interface Backbone {
  /** The architecture, as {@link build} takes it. */
  readonly name: string;
  /** The published definition that it follows. */
  readonly variant: string;
  /** `[n, inputSize, inputSize, 3]` → logits `[n, classes]`, of stock TensorFlow.js layers alone, accelerated. */
  readonly model: LayersModel;
  /** Height and width of the input in pixels. */
  readonly inputSize: number;
  /** Number of logits. */
  readonly classes: number;
  /** What to do to images beforehand, as the variant's authors did. */
  readonly preprocessing: Preprocessing;
  /** Every weight of the model, in the order of `model.weights`. */
  readonly weightNames: readonly WeightName[];
  /** Weights that published files hold and this network has no use for: their names there, and shapes. */
  readonly unusedWeights: Readonly<Record<string, readonly number[]>>;
  /** Parameters and multiply-accumulates. */
  readonly cost: Cost;
  /**
   * What the last layer sees: `[n, inputSize, inputSize, 3]` → features `[n, d]`, in inference mode.
   *
   * @param images preprocessed images
   */
  features(images: tf.Tensor4D): tf.Tensor2D;
  /** Disposes the weights; the network cannot be used afterwards. */
  dispose(): void;
}

/** Names by which a weight file is recognised. */
export interface WeightSignature {
  /** Variants whose weights have these names. */
  readonly variants: readonly string[];
  /** Whose names they are; "roga" for our own. */
  readonly source: "pytorch" | "keras" | "roga";
  /** Names of weights, each with its shape in such files; null where that varies. */
  readonly weights: Readonly<Record<string, readonly number[] | null>>;
  /** Names that such files do not have, where another architecture has all of the above. */
  readonly absent?: readonly string[];
}

/** What is known of an architecture before it is built. */
export interface BackboneDescription {
  /** Its name, as {@link build} takes it. */
  readonly name: string;
  /** One line on what it is, with its source. */
  readonly summary: string;
  /** Published definitions that it can follow; the first is the default. */
  readonly variants: readonly string[];
  /** Smallest, default and largest input size, in pixels. */
  readonly inputSize: {
    /** The smallest. */
    readonly min: number;
    /** The one taken unless told otherwise. */
    readonly default: number;
    /** The largest. */
    readonly max: number;
  };
  /** Dropout rate as published. */
  readonly dropout: number;
  /** Rate of stochastic depth as published; absent where the network has none. */
  readonly stochasticDepth?: number;
  /** Variants that have the form {@link BuildOptions.adjustChannel}; absent where none has. */
  readonly adjustChannel?: readonly string[];
  /** What weight files of it hold, to tell whose a file is: for each, some names that only such files have. */
  readonly signatures: readonly WeightSignature[];
}

/** An architecture that can be built. */
export interface BackboneDefinition extends BackboneDescription {
  /** Builds it with fresh weights. */
  build(options?: BuildOptions): Backbone;
}
