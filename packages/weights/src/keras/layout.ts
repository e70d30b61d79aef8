/**
 * Where Keras puts weights in an HDF5 file, and what they are called there. Keras 1 and 2, and Keras 3 when it writes
 * `.h5`: a group per layer, listed in the attribute `layer_names`, each with its `weight_names`; in whole models below
 * `model_weights`. Keras 3 otherwise (`.weights.h5`, and inside `.keras`): a path through the model for each variable,
 * such as `layers/conv2d/vars/0`. States of optimizers and of random generators are no weights and are left out.
 */
import { KerasError } from "./error.js";
import type { Hdf5File } from "./hdf5-file.js";
import { olderName } from "./layer-weights.js";
import { configuredLayers } from "./model-config.js";
import { type NamedVariables, nameVariables } from "./numbered-variables.js";

const MODEL_GROUP = "model_weights";

/** Groups in which Keras 3 keeps what is no weight. */
const NO_WEIGHTS = /^(optimizer|metrics|loss_tracker|_?compile_metrics)\/|(^|\/)seed_generator\//;

/**
 * Finds the weights of a file.
 * @param config The model's configuration where it stands beside the file, `null` if it does not.
 * @throws KerasError if the file contradicts itself.
 */
export function layoutOf(file: Hdf5File, config: string | null): NamedVariables {
  const group = file.hasGroup(MODEL_GROUP) ? MODEL_GROUP : "";
  const layers = list(file, group, "layer_names");
  if (layers !== null) return { paths: namedByLayers(file, group, layers), layerNames: new Map() };
  const datasets = file.datasets(group).filter((path) => !NO_WEIGHTS.test(path));
  return nameVariables(file, datasets, config);
}

function namedByLayers(file: Hdf5File, group: string, layers: readonly string[]): ReadonlyMap<string, string> {
  const found: { readonly layer: string; readonly name: string; readonly path: string }[] = [];
  const older = olderNames(file, group);
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
    for (const name of list(file, base, "weight_names") ?? []) {
      found.push({ layer, name: older(name), path: `${base}/${name}` });
    }
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

/**
 * What Keras 2 calls a weight: Keras 3 leaves the number at the end out, puts the model's name before those of a Sequential
 * model, and calls some weights otherwise.
 */
function olderNames(file: Hdf5File, group: string): (name: string) => string {
  const version = file.texts("", "keras_version") ?? file.texts(group, "keras_version");
  if (!version?.[0]?.startsWith("3.")) return (name) => name;
  const types = layerTypes(file);
  return (name) => {
    const parts = name.split("/");
    const weight = parts.pop()!;
    const owner = parts.findLastIndex((part) => types.has(part));
    return [...parts.slice(Math.max(owner, 0)), `${olderName(types.get(parts[owner] ?? ""), weight)}:0`].join("/");
  };
}

/** The class of each layer by its name, as far as the file holds the model's configuration. */
function layerTypes(file: Hdf5File): ReadonlyMap<string, string> {
  const config = file.texts("", "model_config")?.[0];
  if (config === undefined) return new Map();
  return new Map([...configuredLayers(config).values()].map(({ name, type }) => [name, type]));
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
