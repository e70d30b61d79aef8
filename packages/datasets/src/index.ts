/**
 * Deepfake data sets: samples, folder and manifest adapters, splits by identity, domain-balanced batches, image
 * decoding, and a forgery generator that makes fakes from real photographs.
 *
 * @packageDocumentation
 */
export { DatasetError, ImageError } from "./errors.js";
export { encodeJpeg, encodePng, fromBytes, type JpegOptions, toBytes } from "./image/codec.js";
export { type ByteImage, DEFAULT_MAX_PIXELS, type DecodeOptions, decodeImage } from "./image/decode.js";
export { type GrayImage, grayImage, type RgbImage, rgbImage } from "./image/image.js";
export { canonicalLandmarks, type FivePoints, type Point } from "./image/landmarks.js";
export { type Crop, type LoadOptions, loadImage, resizeSquare } from "./image/load-image.js";
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
