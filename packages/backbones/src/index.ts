/**
 * Deepfake-detector backbones as TensorFlow.js layers models, each from its published definition: built by name or by
 * its own function, with seeded initial weights, and with the names of its weights elsewhere.
 */
export type {
  Backbone,
  BackboneDefinition,
  BackboneDescription,
  BuildOptions,
  Cost,
  Preprocessing,
  ResolvedOptions,
  WeightLayout,
  WeightName,
  WeightSignature,
} from "./backbone.js";
export { type EfficientNetNumber, efficientNet } from "./efficientnet/efficientnet.js";
export { BackboneError, BackboneOptionError, UnknownBackboneError, WeightConversionError } from "./errors.js";
export { mesoInception4 } from "./meso/meso-inception4.js";
export { meso4 } from "./meso/meso4.js";
export { backbones, build } from "./registry.js";
export { convertWeights } from "./weights/convert.js";
export type { WeightSource } from "./weights/names.js";
