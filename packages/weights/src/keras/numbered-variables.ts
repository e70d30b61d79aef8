/**
 * Names for what Keras 3 only numbers: `.keras` and `.weights.h5` files hold `layers/conv2d_1/vars/0`, where the path
 * counts the layers of a class. The layer's own name stands beside its variables or in the model's configuration, and
 * its class says which weight is which, so that the names of Keras 2 result: `block1_conv2/kernel:0`.
 */
import { KerasError } from "./error.js";
import type { Hdf5File } from "./hdf5-file.js";
import { layerWeights } from "./layer-weights.js";
import { type ConfiguredLayer, configuredLayers } from "./model-config.js";

/** A layer's variables. */
interface Group {
  /** Where they are, without `/vars`. */
  readonly path: string;
  /** Their datasets by their numbers. */
  readonly datasets: Map<number, string>;
}

/** Where variables are, and whose. */
export interface NamedVariables {
  /** The dataset of each weight, by the weight's name. */
  readonly paths: ReadonlyMap<string, string>;
  /** The layer's own name by the group that its variables are in. */
  readonly layerNames: ReadonlyMap<string, string>;
}

/**
 * Names the datasets of a Keras 3 file. What belongs to a class that is not known keeps its path for a name.
 * @param datasets Their paths.
 * @param config The model's configuration, `null` if the file has none.
 * @throws KerasError if the configuration is not JSON, or two weights would have one name.
 */
export function nameVariables(file: Hdf5File, datasets: readonly string[], config: string | null): NamedVariables {
  const configured: ReadonlyMap<string, ConfiguredLayer> = config === null ? new Map() : configuredLayers(config);
  const groups = grouped(datasets);
  const layers = new Map([...groups.keys()].map((path) => [path, layerAt(file, path, configured)]));
  const short = new Map<string, string>();
  for (const group of groups.values()) {
    for (const [dataset, name] of namesOf(group, layers.get(group.path)!)) short.set(dataset, name);
  }
  const counts = new Map<string, number>();
  for (const name of short.values()) counts.set(name, (counts.get(name) ?? 0) + 1);
  const paths = new Map<string, string>();
  for (const dataset of datasets) {
    const name = short.get(dataset) ?? dataset;
    // Layers of nested models may have one name.
    const unique = (counts.get(name) ?? 1) === 1 ? name : [...outerNames(file, dataset, configured), name].join("/");
    if (paths.has(unique)) throw new KerasError(unique, "the file holds it twice");
    paths.set(unique, dataset);
  }
  const layerNames = new Map<string, string>();
  for (const [path, { name }] of layers) if (name !== null) layerNames.set(path, name);
  return { paths, layerNames };
}

function grouped(datasets: readonly string[]): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  for (const dataset of datasets) {
    const [, path, number] = dataset.match(/^(.+)\/vars\/(\d{1,6})$/) ?? [];
    if (path === undefined) continue;
    const group = groups.get(path) ?? { path, datasets: new Map() };
    groups.set(path, group);
    group.datasets.set(Number(number), dataset);
  }
  return groups;
}

/** What is known of the layer whose variables are in a group. */
interface Layer {
  readonly name: string | null;
  /** Its class, by the path. */
  readonly type: string | null;
  /** `null` if the configuration is not known to be this layer's. */
  readonly configured: ConfiguredLayer | null;
}

function layerAt(file: Hdf5File, path: string, all: ReadonlyMap<string, ConfiguredLayer>): Layer {
  const configured = all.get(path) ?? null;
  const own = file.hasGroup(`${path}/vars`) ? file.texts(`${path}/vars`, "name")?.[0] : undefined;
  const type = path.match(/(?:^|\/)layers\/([^/]*?)(?:_\d+)?$/)?.[1] ?? null;
  return {
    name: own ?? configured?.name ?? null,
    type,
    configured: own === undefined || own === configured?.name ? configured : null,
  };
}

/** The name of each dataset of a layer; none if it cannot be told. */
function namesOf({ datasets }: Group, { name, type, configured }: Layer): readonly (readonly [string, string])[] {
  if (name === null || type === null) return [];
  const weights = layerWeights(type, datasets.size, configured?.config ?? null);
  if (weights === null || weights.some((_, index) => !datasets.has(index))) return [];
  return weights.map((weight, index) => [datasets.get(index)!, `${name}/${weight}:0`] as const);
}

/** The names of the models that a layer is in, outermost first. */
function outerNames(file: Hdf5File, dataset: string, all: ReadonlyMap<string, ConfiguredLayer>): string[] {
  const parts = dataset.split("/");
  const names: string[] = [];
  // layers/<model>/layers/<layer>/vars/<number>
  for (let end = 2; end < parts.length - 3; end += 2) {
    const path = parts.slice(0, end).join("/");
    names.push(layerAt(file, path, all).name ?? path);
  }
  return names;
}
