/**
 * `forge`: one real face in, one forged face out, with the mask of what changed and the values that were drawn.
 * The result depends on the arguments and the stream's path alone. Pixels where the mask is 0 equal the input bit for
 * bit: a family adds no resizing, compression or noise to the crop as a whole (see `degradation.ts` for that).
 */
import type { RandomStream } from "@roga/tensor-utils/random";
import type { GrayImage, RgbImage } from "../image/image.js";
import { canonicalLandmarks, type FivePoints } from "../image/landmarks.js";
import { requireFace, requireLandmarks } from "./checks.js";
import { ForgeryError } from "./errors.js";
import { forgeCelebBlend } from "./families/celeb-blend.js";
import { forgeDeepfakes } from "./families/deepfakes.js";
import { forgeDiffusionLike } from "./families/diffusion-like.js";
import { forgeFace2face } from "./families/face2face.js";
import { forgeFaceswap } from "./families/faceswap.js";
import type { DonorInput, FamilyInput, Forged } from "./families/family.js";
import { forgeGanUpsampling } from "./families/gan-upsampling.js";
import { forgeNeuraltextures } from "./families/neuraltextures.js";
import { forgeSelfBlended } from "./families/self-blended.js";
import { alignDonor } from "./operations/align-donor.js";
import { composite } from "./operations/composite.js";
import { faceFrame } from "./operations/face-frame.js";
import { type Drawn, drawParameters, type ForgeryFamily, forgeryFamilies } from "./parameters.js";

/** What a forgery is made with, besides the face. */
export interface ForgeOptions {
  /** Where the random values come from: the same stream path gives the same forgery. */
  readonly stream: RandomStream;
  /** Another person's face, square, of any size from 48 px; required where {@link needsDonor} says so. */
  readonly donor?: RgbImage;
  /** Where the face's five points lie; the canonical positions of an aligned crop unless given. */
  readonly landmarks?: FivePoints;
  /** Where the donor's five points lie; the canonical positions unless given. */
  readonly donorLandmarks?: FivePoints;
}

/** A forged face. */
export interface Forgery {
  /** The forged face, of the input's size. */
  readonly image: RgbImage;
  /** 0 where the image equals the input, up to 1 where nothing of the input's pixel remains. */
  readonly mask: GrayImage;
  /** The family it belongs to. */
  readonly family: ForgeryFamily;
  /** The value drawn for each parameter of the family in `forgeryParameters`. */
  readonly parameters: Readonly<Record<string, number>>;
}

/** A family's function and its drawn parameters, with or without a donor. */
type Maker =
  | { readonly donor: true; readonly make: (input: DonorInput, stream: RandomStream) => Made }
  | { readonly donor: false; readonly make: (input: FamilyInput, stream: RandomStream) => Made };

interface Made extends Forged {
  readonly parameters: Readonly<Record<string, number>>;
}

function withDonor<F extends ForgeryFamily>(
  family: F,
  forgeFamily: (input: DonorInput, drawn: Drawn<F>) => Forged,
): Maker {
  const make = (input: DonorInput, stream: RandomStream): Made => {
    const drawn = drawParameters(family, stream);
    return { ...forgeFamily(input, drawn), parameters: drawn };
  };
  return { donor: true, make };
}

function alone<F extends ForgeryFamily>(
  family: F,
  forgeFamily: (input: FamilyInput, drawn: Drawn<F>) => Forged,
): Maker {
  const make = (input: FamilyInput, stream: RandomStream): Made => {
    const drawn = drawParameters(family, stream);
    return { ...forgeFamily(input, drawn), parameters: drawn };
  };
  return { donor: false, make };
}

const MAKERS: Record<ForgeryFamily, Maker> = {
  deepfakes: withDonor("deepfakes", forgeDeepfakes),
  face2face: alone("face2face", forgeFace2face),
  faceswap: withDonor("faceswap", forgeFaceswap),
  neuraltextures: alone("neuraltextures", forgeNeuraltextures),
  "self-blended": alone("self-blended", forgeSelfBlended),
  "gan-upsampling": alone("gan-upsampling", forgeGanUpsampling),
  "diffusion-like": alone("diffusion-like", forgeDiffusionLike),
  "celeb-blend": withDonor("celeb-blend", forgeCelebBlend),
};

/** Whether a family takes part of another person's face: `deepfakes`, `faceswap` and `celeb-blend` do. */
export function needsDonor(family: ForgeryFamily): boolean {
  return MAKERS[family].donor;
}

/**
 * Makes a forgery of a family from a real face.
 *
 * @param family Which forgery to make.
 * @param face An aligned real face: a square crop of at least 48 px, values in 0..1; designed for 64 to 256 px.
 * @throws ForgeryError when the family is unknown, a required donor is absent, a crop is not square or too small, or
 *   landmarks do not span a face.
 * @example
 * ```ts
 * const { image, mask, parameters } = forge("faceswap", face, { donor, stream: stream(7, "forge", sampleId) });
 * ```
 */
export function forge(family: ForgeryFamily, face: RgbImage, options: ForgeOptions): Forgery {
  if (!forgeryFamilies.includes(family)) {
    throw new ForgeryError(family, "family", `expected one of ${forgeryFamilies.join(", ")}, got "${family}"`);
  }
  requireFace(family, "face", face);
  const landmarks = options.landmarks ?? canonicalLandmarks(face.width);
  requireLandmarks(family, "landmarks", landmarks, face.width);
  const input: FamilyInput = { face, frame: faceFrame(landmarks), stream: options.stream.child(family, "fields") };
  const maker = MAKERS[family];
  let made: Made;
  if (maker.donor) {
    const { donor } = options;
    if (donor === undefined) throw new ForgeryError(family, "donor", "expected another face to take from, got none");
    requireFace(family, "donor", donor);
    const donorLandmarks = options.donorLandmarks ?? canonicalLandmarks(donor.width);
    requireLandmarks(family, "donorLandmarks", donorLandmarks, donor.width);
    const aligned = alignDonor(donor, donorLandmarks, landmarks, face.width);
    made = maker.make({ ...input, donor: aligned }, options.stream);
  } else {
    made = maker.make(input, options.stream);
  }
  const { content, mask, parameters } = made;
  return { image: composite(face, content, mask), mask, family, parameters };
}
