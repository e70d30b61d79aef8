/** Builds the table of a model's weight names from the names of its layers in the code that a variant follows. */
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { WeightLayout, WeightName } from "../backbone.js";

/** Whose names and layout weights have: PyTorch's, Keras', or this package's own. */
export type WeightSource = "pytorch" | "keras" | "roga";

/** What a framework appends to the name of a layer. */
const SUFFIXES: Readonly<Record<string, { readonly pytorch: string; readonly keras: string }>> = {
  kernel: { pytorch: ".weight", keras: "/kernel:0" },
  depthwise_kernel: { pytorch: ".weight", keras: "/depthwise_kernel:0" },
  bias: { pytorch: ".bias", keras: "/bias:0" },
  gamma: { pytorch: ".weight", keras: "/gamma:0" },
  beta: { pytorch: ".bias", keras: "/beta:0" },
  moving_mean: { pytorch: ".running_mean", keras: "/moving_mean:0" },
  moving_variance: { pytorch: ".running_var", keras: "/moving_variance:0" },
};

/**
 * Names of layers elsewhere by ours. A key `<layer>/<weight>` gives the name of a single weight in full, where a layer of
 * theirs is two of ours.
 */
export type LayerNames = Readonly<Record<string, string>>;

/** What is known of a network's weights in other code. */
export interface TheirNames {
  /** Of every layer that has weights, where a variant follows PyTorch code. */
  pytorch?: LayerNames;
  /** Of every layer that has weights, where a variant follows Keras code. */
  keras?: LayerNames;
  /** Other PyTorch names of layers, which files have as well: tables that may leave out layers of the same name. */
  pytorchAliases?: readonly LayerNames[];
  /** The same of Keras. */
  kerasAliases?: readonly LayerNames[];
}

/** The dense layer that follows the flattening of an image, and that image. */
export interface Flattened {
  layer: string;
  height: number;
  width: number;
  channels: number;
}

/**
 * @param theirs names of layers elsewhere
 * @param flattened given where a dense layer sees a flattened image
 */
export function weightNames(model: LayersModel, theirs: TheirNames, flattened?: Flattened): WeightName[] {
  return model.weights.map(({ originalName: ours, shape }) => {
    const [layer, weight] = ours.split("/") as [string, string];
    const named = (source: "pytorch" | "keras", names: LayerNames | undefined): string | null => {
      if (names === undefined) return null;
      const theirLayer = names[layer];
      return names[ours] ?? (theirLayer === undefined ? null : `${theirLayer}${SUFFIXES[weight]![source]}`);
    };
    const primary = { pytorch: named("pytorch", theirs.pytorch), keras: named("keras", theirs.keras) };
    for (const source of ["pytorch", "keras"] as const) {
      if (theirs[source] !== undefined && primary[source] === null) {
        throw new Error(`${model.name}: ${ours} has no ${source} name`); // a mistake in this package's tables
      }
    }
    const aliases = {
      pytorch: (theirs.pytorchAliases ?? []).map((names) => named("pytorch", names)),
      keras: (theirs.kerasAliases ?? []).map((names) => named("keras", names)),
    };
    return { ours, ...primary, aliases, layout: layoutOf(layer, weight, shape, flattened) };
  });
}

function layoutOf(
  layer: string,
  weight: string,
  shape: readonly (number | null)[],
  flattened: Flattened | undefined,
): WeightLayout {
  if (weight === "depthwise_kernel") return { kind: "depthwise" };
  if (shape.length === 4) return { kind: "conv2d" };
  if (shape.length === 1) return { kind: "vector" };
  if (layer !== flattened?.layer) return { kind: "dense" };
  const { height, width, channels } = flattened;
  return { kind: "flattened-dense", height, width, channels };
}

/** Channels that DeepfakeBench's `adjust_channel` gives. */
export const ADJUSTED_CHANNELS = 512;

/** The weights of DeepfakeBench's `adjust_channel` after `channels` channels, which some of its files hold unused. */
export function adjustChannelWeights(channels: number): Record<string, readonly number[]> {
  const vectors = ["0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"];
  return {
    "adjust_channel.0.weight": [ADJUSTED_CHANNELS, channels, 1, 1],
    ...Object.fromEntries(vectors.map((name) => [`adjust_channel.${name}`, [ADJUSTED_CHANNELS]])),
  };
}
