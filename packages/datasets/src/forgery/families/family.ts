/**
 * What every family is given and gives back. A family is a pure function: the face, where its points lie, the values
 * drawn for it, and a stream for random fields, to forged content and the mask under which it enters the picture.
 */
import type { RandomStream } from "@roga/tensor-utils/random";
import type { GrayImage, RgbImage } from "../../image/image.js";
import type { FaceFrame } from "../operations/face-frame.js";
import type { Raster } from "../operations/raster.js";

/** What a family works on. */
export interface FamilyInput {
  /** The real face, square. */
  readonly face: RgbImage;
  /** Its frame. */
  readonly frame: FaceFrame;
  /** For random fields; parameters are already drawn. */
  readonly stream: RandomStream;
}

/** A family that needs another face, laid onto this one at the same size. */
export interface DonorInput extends FamilyInput {
  /** The donor, aligned to the face. */
  readonly donor: Raster;
}

/** Forged content for the whole crop, of which only what the mask admits is used. */
export interface Forged {
  /** RGB, the size of the face; values may leave 0..1. */
  readonly content: Raster;
  /** How much of the content enters at each pixel, 0..1. */
  readonly mask: GrayImage;
}
