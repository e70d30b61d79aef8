/**
 * Training augmentation as data: what is done to one image is drawn first, from a named stream, and applied second.
 * The draw depends on the seed and on where in the run the image stands, so it is the same whichever worker decodes
 * it, in whichever order, and in a resumed run; a real that several domains use is varied for each on its own.
 */
import { stream } from "@roga/tensor-utils/random";
import { shiftBrightnessContrast } from "./brightness-contrast.js";
import { flipHorizontally } from "./flip.js";
import { recompressJpeg } from "./jpeg.js";

/** Which augmentations a run draws from, and how often. They apply in the order of the members. */
export interface AugmentOptions {
  /** Probability of a horizontal flip. Default 0.5. */
  readonly flip?: number;
  /** Shifts of brightness and contrast, each uniform in -limit..limit, drawn together. Default 0.5 and 0.1. */
  readonly brightnessContrast?: {
    /** How often, 0..1. */
    readonly probability: number;
    /** The largest shift, as a share of the value range. */
    readonly limit: number;
  };
  /** JPEG recompression with a quality from `quality[0]` to `quality[1]`. Default probability 0. */
  readonly jpeg?: {
    /** How often, 0..1. */
    readonly probability: number;
    /** Lowest and highest quality, 1..100. */
    readonly quality: readonly [number, number];
  };
}

/** Where in a run an image stands: what its augmentation is drawn for. */
export interface AugmentPosition {
  /** From 0. */
  readonly epoch: number;
  /** The domain whose slice the image is in. */
  readonly domain: string;
  /** Running number of the image within that domain and epoch, from 0. */
  readonly index: number;
}

/** What is done to one image. */
export interface Augmentation {
  /** Whether left and right change places. */
  readonly flip: boolean;
  /** Added to every value, as a fraction of the full range. */
  readonly brightness: number;
  /** Values move away from mid-grey by this fraction of their distance (towards it if negative). */
  readonly contrast: number;
  /** Quality of a JPEG round trip; `null` for none. */
  readonly jpegQuality: number | null;
}

/**
 * Draws the augmentation of one image.
 * @throws RangeError if a probability, a limit or a quality is out of range.
 */
export function drawAugmentation(seed: number, position: AugmentPosition, options: AugmentOptions = {}): Augmentation {
  const {
    flip = 0.5,
    brightnessContrast = { probability: 0.5, limit: 0.1 },
    jpeg = { probability: 0, quality: [40, 100] },
  } = options;
  within("augment.flip", flip, 0, 1);
  within("augment.brightnessContrast.probability", brightnessContrast.probability, 0, 1);
  within("augment.brightnessContrast.limit", brightnessContrast.limit, 0, 1);
  within("augment.jpeg.probability", jpeg.probability, 0, 1);
  const [lowest, highest] = jpeg.quality;
  within("augment.jpeg.quality[0]", lowest, 1, 100);
  within("augment.jpeg.quality[1]", highest, lowest, 100);
  const at = stream(seed, "augment", position.epoch, position.domain, position.index);
  // One stream per kind: an option changed shifts no other kind's draws.
  const light = at.child("brightness-contrast");
  const lit = light.uniform() < brightnessContrast.probability;
  const { limit } = brightnessContrast;
  const recompress = at.child("jpeg");
  const compressed = recompress.uniform() < jpeg.probability;
  return {
    flip: at.child("flip").uniform() < flip,
    brightness: lit ? light.uniform(-limit, limit) : 0,
    contrast: lit ? light.uniform(-limit, limit) : 0,
    jpegQuality: compressed ? recompress.int(Math.ceil(lowest), Math.floor(highest) + 1) : null,
  };
}

/**
 * Applies an augmentation to a square of 8-bit RGB, into a new array.
 * @param pixels `size * size * 3` bytes in row, column, channel order; left as they are.
 */
export async function applyAugmentation(
  pixels: Uint8Array,
  size: number,
  augmentation: Augmentation,
): Promise<Uint8Array> {
  if (pixels.length !== size * size * 3) {
    throw new RangeError(`pixels: expected ${size} x ${size} x 3 = ${size * size * 3} bytes, got ${pixels.length}`);
  }
  const flipped = augmentation.flip ? flipHorizontally(pixels, size) : pixels;
  const result = shiftBrightnessContrast(flipped, augmentation.brightness, augmentation.contrast);
  return augmentation.jpegQuality === null ? result : recompressJpeg(result, size, augmentation.jpegQuality);
}

function within(option: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) {
    throw new RangeError(`${option}: expected a number from ${low} to ${high}, got ${value}`);
  }
}
