/**
 * A Keras model's configuration, as far as it tells which layers there are: `config.json` of `.keras` archives, and the
 * attribute `model_config` of `.h5` files. Nothing of it is built; what is not as expected is passed over.
 */
import { KerasError } from "./error.js";
import type { LayerConfig } from "./layer-weights.js";

/** What the configuration says of a layer. */
export interface ConfiguredLayer {
  readonly name: string;
  /** Its class, as paths in files have it: `depthwise_conv2d`. */
  readonly type: string;
  readonly config: LayerConfig;
}

/** Models in models deeper than this are not looked at. */
const MAX_DEPTH = 16;

/**
 * The layers by where Keras 3 puts their variables: `layers/conv2d_1`, `layers/functional/layers/dense`.
 * @throws KerasError if the text is not JSON.
 */
export function configuredLayers(text: string): ReadonlyMap<string, ConfiguredLayer> {
  let model: unknown;
  try {
    model = JSON.parse(text);
  } catch (cause) {
    throw new KerasError(null, "the model's configuration is not JSON", null, { cause });
  }
  const layers = new Map<string, ConfiguredLayer>();
  if (isObject(model)) collect(model.config, "", layers, 0);
  return layers;
}

function collect(config: unknown, prefix: string, found: Map<string, ConfiguredLayer>, depth: number): void {
  if (depth > MAX_DEPTH || !isObject(config) || !Array.isArray(config.layers)) return;
  const used = new Map<string, number>();
  for (const layer of config.layers as readonly unknown[]) {
    if (!isObject(layer) || typeof layer.class_name !== "string" || !isObject(layer.config)) continue;
    const type = snakeCase(layer.class_name);
    const count = used.get(type) ?? 0;
    used.set(type, count + 1);
    const path = `${prefix}layers/${type}${count === 0 ? "" : `_${count}`}`;
    const { name } = layer.config;
    if (typeof name === "string") found.set(path, { name, type, config: layer.config });
    collect(layer.config, `${path}/`, found, depth + 1);
  }
}

/** The class' name in Keras' spelling of paths: `DepthwiseConv2D` → `depthwise_conv2d`, `PReLU` → `p_re_lu`. */
function snakeCase(name: string): string {
  return name
    .slice(0, 200)
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
