/**
 * What happens to every photograph on its way to a detector, forged or not: resizing, compression, noise.
 * Apply it to reals and fakes alike, so that none of it tells them apart; families never degrade a crop as a whole.
 */
import type { RandomStream } from "@roga/tensor-utils/random";
import type { RgbImage } from "../image/image.js";
import { jpegLoss } from "./operations/jpeg.js";
import { whiteNoise } from "./operations/random-field.js";
import { resize } from "./operations/resize.js";
import { drawFrom, type ParameterRange } from "./parameters.js";

const TABLE = {
  resizing: { low: 0.7, high: 1, unit: "times", meaning: "size to which the crop is reduced, and enlarged again" },
  noise: { low: 0, high: 0.012, unit: "value", meaning: "standard deviation of white noise" },
  quality: { low: 55, high: 95, unit: "libjpeg quality", meaning: "JPEG compression", whole: true },
  gridX: { low: 0, high: 7, unit: "px", meaning: "column at which a JPEG block begins", whole: true },
  gridY: { low: 0, high: 7, unit: "px", meaning: "row at which a JPEG block begins", whole: true },
} as const satisfies Record<string, ParameterRange>;

/** Parameter of the common degradation to the range that it is drawn from. */
export const degradationParameters: Readonly<Record<string, ParameterRange>> = TABLE;

/** A degraded image and what was done to it. */
export interface Degradation {
  /** The image, of the input's size. */
  readonly image: RgbImage;
  /** The value drawn for each parameter in `degradationParameters`. */
  readonly parameters: Readonly<Record<string, number>>;
}

/**
 * An image after a light random loss: reduced and enlarged, noise added, compressed as JPEG.
 * @param image Values in 0..1; any size.
 * @param stream Where the random values come from: the same stream path gives the same result.
 */
export function commonDegradation(image: RgbImage, stream: RandomStream): Degradation {
  const draw = (name: keyof typeof TABLE): number => drawFrom(TABLE[name], stream.child("degradation", name));
  const parameters = {
    resizing: draw("resizing"),
    noise: draw("noise"),
    quality: draw("quality"),
    gridX: draw("gridX"),
    gridY: draw("gridY"),
  };
  const { width, height } = image;
  const reduced = resize(
    image,
    Math.max(1, Math.round(width * parameters.resizing)),
    Math.max(1, Math.round(height * parameters.resizing)),
    "bicubic",
  );
  const restored = resize(reduced, width, height, "bicubic");
  const field = whiteNoise(width, height, 3, stream.child("degradation", "field"));
  for (let i = 0; i < restored.data.length; i++) {
    restored.data[i] = Math.min(1, Math.max(0, restored.data[i]! + parameters.noise * field.data[i]!));
  }
  return { image: jpegLoss(restored, { ...parameters, subsampleChroma: true }), parameters };
}
