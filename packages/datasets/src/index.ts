/**
 * Deepfake data sets: samples, folder and manifest adapters, splits by identity, domain-balanced batches, image
 * decoding, and a forgery generator that makes fakes from real photographs.
 *
 * @packageDocumentation
 */
export {
  type Augmentation,
  type AugmentOptions,
  type AugmentPosition,
  applyAugmentation,
  drawAugmentation,
} from "./augment/random-augmentation.js";
export { type BatchPlan, type BatchPlanOptions, type DomainSlice, planBatches } from "./batch/plan.js";
export { type LoadedStep, type PrefetchOptions, prefetch } from "./batch/prefetch.js";
export { DatasetError, ImageError } from "./errors.js";
export { FaceRenderError, type FaceRequest, type RenderedFace, renderFace } from "./faces/index.js";
export { type ReadFolderOptions, readFolder, readPhotographs } from "./folder/read-folder.js";
export {
  commonDegradation,
  type Degradation,
  degradationParameters,
  type ForgeOptions,
  type Forgery,
  ForgeryError,
  type ForgeryFamily,
  fitLandmarks,
  forge,
  forgeryFamilies,
  forgeryParameters,
  needsDonor,
  type ParameterRange,
  SMALLEST_FACE,
} from "./forgery/index.js";
export { encodeJpeg, encodePng, fromBytes, type JpegOptions, toBytes } from "./image/codec.js";
export { type ByteImage, DEFAULT_MAX_PIXELS, type DecodeOptions, decodeImage } from "./image/decode.js";
export { type GrayImage, grayImage, type RgbImage, rgbImage } from "./image/image.js";
export { canonicalLandmarks, type FivePoints, type Point } from "./image/landmarks.js";
export { type Crop, type LoadOptions, loadImage, resizeSquare } from "./image/load-image.js";
export { writeFileAtomic } from "./io/write-file-atomic.js";
export {
  type DomainBatch,
  type ImageBatch,
  ImageLoader,
  type ImageLoaderOptions,
  type PixelBatch,
  type SkippedImage,
} from "./load/image-loader.js";
export { type Verification, verifyImages } from "./load/verify.js";
export { type ManifestOptions, readManifest } from "./manifest/read-manifest.js";
export { writeManifest } from "./manifest/write-manifest.js";
export {
  fakeDomains,
  type Label,
  REAL_DOMAIN,
  realsOf,
  type Sample,
  SPLITS,
  type Split,
  sampleSchema,
  videoKey,
} from "./sample.js";
export type { SplitFractions } from "./split/fractions.js";
export { type GroupSplitOptions, ofSplit, splitByGroup, splitByIdentity } from "./split/split.js";
