/**
 * Deepfake-detector backbones as TensorFlow.js layers models, each from its published definition: built by name or by
 * its own function, with seeded initial weights, and with the names of its weights elsewhere.
 */
export type {
  Backbone,
  BackboneDefinition,
  BuildOptions,
  Cost,
  Preprocessing,
  WeightLayout,
  WeightName,
} from "./backbone.js";
export { convertWeights } from "./convert-weights.js";
export { BackboneError, BackboneOptionError, UnknownBackboneError, WeightConversionError } from "./errors.js";
export { mesoInception4 } from "./meso-inception4.js";
export { meso4 } from "./meso4.js";
export { backbones, build } from "./registry.js";
export type { WeightSource } from "./weight-names.js";
