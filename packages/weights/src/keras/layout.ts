/**
 * Where Keras puts weights in an HDF5 file, and what they are called there. Keras 1 and 2, and Keras 3 when it writes
 * `.h5`: a group per layer, listed in the attribute `layer_names`, each with its `weight_names`; in whole models below
 * `model_weights`. Keras 3 otherwise (`.weights.h5`, and inside `.keras`): a path through the model for each variable,
 * such as `layers/conv2d/vars/0`. States of optimizers are no weights and are left out.
 */

import { KerasError } from "./error.js";
import type { Hdf5File } from "./hdf5-file.js";

const MODEL_GROUP = "model_weights";

/** Top-level groups in which Keras 3 keeps what is no weight. */
const NO_WEIGHTS = /^(optimizer|metrics|loss_tracker|_?compile_metrics)\//;

/** The dataset of each weight, by the weight's name. */
export function weightPaths(file: Hdf5File): ReadonlyMap<string, string> {
  const group = file.hasGroup(MODEL_GROUP) ? MODEL_GROUP : "";
  const layers = list(file, group, "layer_names");
  if (layers !== null) return namedByLayers(file, group, layers);
  return new Map(
    file
      .datasets(group)
      .filter((path) => !NO_WEIGHTS.test(path))
      .map((path) => [path, path]),
  );
}

/**
 * The layer that each group of a Keras 3 file belongs to: paths there count layers by class (`layers/conv2d_1`), and the
 * layer's own name stands beside its variables.
 */
export function layerNames(file: Hdf5File, paths: Iterable<string>): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const path of paths) {
    const group = path.match(/^(.*)\/vars\/[^/]*$/)?.[1];
    if (group === undefined || names.has(group)) continue;
    const name = file.texts(`${group}/vars`, "name")?.[0];
    if (name !== undefined) names.set(group, name);
  }
  return names;
}

function namedByLayers(file: Hdf5File, group: string, layers: readonly string[]): ReadonlyMap<string, string> {
  const found: { readonly layer: string; readonly name: string; readonly path: string }[] = [];
  // Weights of the model itself rather than of a layer of it.
  const seen = new Set<string>();
  for (const layer of [...layers, TOP_LEVEL]) {
    if (seen.has(layer)) throw new KerasError(null, `layer_names lists ${JSON.stringify(layer)} twice`);
    seen.add(layer);
    const base = group === "" ? layer : `${group}/${layer}`;
    if (!file.hasGroup(base)) {
      if (layer === TOP_LEVEL) continue;
      throw new KerasError(null, `layer_names lists ${JSON.stringify(layer)}, which the file does not hold`);
    }
    for (const name of list(file, base, "weight_names") ?? []) found.push({ layer, name, path: `${base}/${name}` });
  }
  const counts = new Map<string, number>();
  for (const { name } of found) counts.set(name, (counts.get(name) ?? 0) + 1);
  const paths = new Map<string, string>();
  for (const { layer, name, path } of found) {
    // Layers of nested models may repeat a name.
    const unique = counts.get(name) === 1 ? name : `${layer}/${name}`;
    if (paths.has(unique)) throw new KerasError(unique, "it stands in weight_names twice");
    paths.set(unique, path);
  }
  return paths;
}

const TOP_LEVEL = "top_level_model_weights";

/** A list of texts, which Keras splits into attributes with numbers where it is too long for one. */
function list(file: Hdf5File, path: string, attribute: string): readonly string[] | null {
  const whole = file.texts(path, attribute);
  if (whole !== null) return whole;
  const parts: string[] = [];
  for (let index = 0; ; index++) {
    const part = file.texts(path, `${attribute}${index}`);
    if (part === null) return index === 0 ? null : parts;
    parts.push(...part);
  }
}
