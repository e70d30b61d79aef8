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
export { fold } from "./fold.js";
export { mesoInception4 } from "./meso/meso-inception4.js";
export { meso4 } from "./meso/meso4.js";
export { backbones, build } from "./registry.js";
export { type ResNetNumber, resNet } from "./resnet/resnet.js";
export { type ConversionOptions, type ConvertedWeights, convertWeights } from "./weights/convert.js";
export { type ExportOptions, exportWeights } from "./weights/export.js";
export { type Identification, identify } from "./weights/identify.js";
export { type LoadOptions, loadWeights } from "./weights/load.js";
export { wrapperPrefixes } from "./weights/match.js";
export { type DescribedNetwork, describedNetwork, type WeightMetadata, weightMetadata } from "./weights/metadata.js";
export type { WeightSource } from "./weights/names.js";
export type { ReshapedWeight, WeightReport } from "./weights/report.js";
export { xception } from "./xception/xception.js";
