/** Builds the table of a model's weight names from the names of its layers in the code that a variant follows. */
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { WeightLayout, WeightName } from "./backbone.js";

/** The code whose names a variant follows. */
export type WeightSource = "pytorch" | "keras";

const SUFFIXES: Readonly<Record<string, Readonly<Record<WeightSource, string>>>> = {
  kernel: { pytorch: ".weight", keras: "/kernel:0" },
  bias: { pytorch: ".bias", keras: "/bias:0" },
  gamma: { pytorch: ".weight", keras: "/gamma:0" },
  beta: { pytorch: ".bias", keras: "/beta:0" },
  moving_mean: { pytorch: ".running_mean", keras: "/moving_mean:0" },
  moving_variance: { pytorch: ".running_var", keras: "/moving_variance:0" },
};

/**
 * @param theirLayers the other code's layer name by ours, of every layer that has weights
 * @param flattened the dense layer that follows the flattening, and the image that is flattened
 */
export function weightNames(
  model: LayersModel,
  source: WeightSource,
  theirLayers: Readonly<Record<string, string>>,
  flattened: { layer: string; height: number; width: number; channels: number },
): WeightName[] {
  return model.weights.map(({ originalName: ours, shape }) => {
    const [layer, weight] = ours.split("/") as [string, string];
    const theirs = `${theirLayers[layer]}${SUFFIXES[weight]![source]}`;
    const layout: WeightLayout =
      shape.length === 4
        ? { kind: "conv2d" }
        : shape.length === 1
          ? { kind: "vector" }
          : layer === flattened.layer
            ? {
                kind: "flattened-dense",
                height: flattened.height,
                width: flattened.width,
                channels: flattened.channels,
              }
            : { kind: "dense" };
    return { ours, pytorch: null, keras: null, [source]: theirs, layout };
  });
}
