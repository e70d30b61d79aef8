/** What a file that does not fit may be instead, in words to put after what is wrong; empty where nothing is known. */
import type { Backbone } from "../backbone.js";
import { backbones } from "../registry.js";
import { identify } from "./identify.js";
import { ADJUSTED_CHANNELS } from "./names.js";
import type { ReshapedWeight, WeightReport } from "./report.js";

/** That the names are those of another network, or of another variant of it. */
export function otherNetwork(
  { name, variant }: Backbone,
  arrays: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): string {
  const looks = identify(arrays);
  if (looks.length === 0 || looks.some((each) => each.name === name && each.variants.includes(variant))) return "";
  const others = looks.map((each) => `${each.name} (${each.variants.join(" or ")})`);
  return `; the names look like those of ${others.join(" or ")}`;
}

/** Names of the layers that adjust channels, DeepfakeBench's and ours. */
const ADJUSTING = /(^|\.)adjust_channel\.|^adjust_(conv|bn)\//;

/**
 * That the file is of the network's other form, with or without adjusted channels.
 *
 * @param head what is known of the last layer's weights, where their shape is not the network's
 */
export function otherForm(
  { name, variant, weightNames }: Backbone,
  { source, missing, unexpected }: WeightReport,
  head: ReshapedWeight | undefined,
): string {
  const forms = backbones.find((definition) => definition.name === name)?.adjustChannel;
  if (!forms?.includes(variant)) return "";
  const adjusts = weightNames.some(({ ours }) => ADJUSTING.test(ours));
  const axis = source === "pytorch" ? 1 : 0;
  const [inputs, expected] = [head?.shape[axis], head?.expected[axis]];
  const [without, along] = ["the form without", "the form with"].map((form) => `; it looks like ${form} adjustChannel`);
  const names = (list: readonly string[]) => list.some((each) => ADJUSTING.test(each));
  if (adjusts) return names(missing) || inputs !== expected ? without! : "";
  return names(unexpected) || (inputs !== expected && inputs === ADJUSTED_CHANNELS) ? along! : "";
}
