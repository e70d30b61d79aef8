/**
 * Who a rendered face is: every trait that stays the same over all videos and frames of a person. Lengths are millimetres
 * of an adult head whose eyes are 62 mm apart, in the axes of `head.ts` (x to the right of the picture, y up, z towards the
 * viewer, origin between the pupils).
 */
import type { HairTraits } from "./hair-traits.js";

/** Proportions of skull, cheeks and jaw. */
export interface HeadTraits {
  /** Factors on the mean widths of skull, cheekbones, jaw and neck. */
  readonly skullWidth: number;
  readonly cheekWidth: number;
  readonly jawWidth: number;
  readonly neckWidth: number;
  /** Factor on the mean height of the skull above the brows, and on the height of the chin below the mouth. */
  readonly forehead: number;
  readonly chin: number;
  /** How steeply the jaw line climbs from the chin: about 1.2 (square) to 2.6 (pointed). */
  readonly jawPoint: number;
  /** Reliefs in mm. */
  readonly chinForward: number;
  readonly cheekbone: number;
  readonly cheekFullness: number;
  readonly browRidge: number;
  readonly chinCleft: number;
  /** Seed of the small smooth left-right differences, about 1 mm. */
  readonly asymmetrySeed: number;
}

/** Eyes, lids and irises. */
export interface EyeTraits {
  /** Distance of a pupil from the midline, half-length of the opening, and its heights above and below the pupil. */
  readonly x: number;
  readonly halfLength: number;
  readonly openUpper: number;
  readonly openLower: number;
  /** Height of the outer corner over the inner one. */
  readonly tilt: number;
  /** Height of the lid crease over the lid margin; 0 where there is none. */
  readonly crease: number;
  /** Depth of the orbit, and of the bag under the eye. */
  readonly socket: number;
  readonly bag: number;
  /** Linear RGB of the iris. */
  readonly iris: readonly [number, number, number];
  readonly irisSeed: number;
  /** 0 (none) to 1: darkness of lashes and eyeliner. */
  readonly lashes: number;
}

/** Eyebrows. */
export interface BrowTraits {
  readonly y: number;
  readonly inner: number;
  readonly length: number;
  readonly thickness: number;
  readonly arch: number;
  readonly tilt: number;
  readonly density: number;
}

/** Nose. */
export interface NoseTraits {
  readonly tipY: number;
  readonly projection: number;
  readonly bridgeHeight: number;
  readonly bridgeWidth: number;
  readonly tipWidth: number;
  readonly alarWidth: number;
  readonly upturn: number;
  readonly hump: number;
  readonly bend: number;
}

/** Mouth. */
export interface MouthTraits {
  readonly y: number;
  readonly halfWidth: number;
  readonly upper: number;
  readonly lower: number;
  readonly bow: number;
  readonly cornerTilt: number;
  readonly protrusion: number;
}

/** Skin and what is on it. */
export interface SkinTraits {
  /** Pigments in the units of `pigments.ts`: melanin 0 (palest) to 1 (darkest), haemoglobin about 0.5 to 1.5. */
  readonly melanin: number;
  readonly haemoglobin: number;
  readonly freckles: number;
  readonly blemishes: number;
  readonly wrinkles: number;
  readonly oil: number;
  /** Lip colour added by make-up (0 none to 1) and its linear RGB. */
  readonly lipstick: number;
  readonly lipstickColour: readonly [number, number, number];
  /** Moles: position in face coordinates and radius in mm. */
  readonly moles: readonly (readonly [x: number, y: number, radius: number])[];
}

/** Ears, seen from the front. */
interface EarTraits {
  readonly size: number;
  readonly flare: number;
}

/** Spectacles. */
export interface GlassesTraits {
  readonly halfWidth: number;
  readonly halfHeight: number;
  /** 2 is an ellipse, larger is squarer. */
  readonly squareness: number;
  readonly thickness: number;
  readonly colour: readonly [number, number, number];
}

/** Clothes at the neck. */
export interface ClothingTraits {
  readonly neckline: "crew" | "collar" | "open";
  readonly colour: readonly [number, number, number];
  readonly second: readonly [number, number, number];
  readonly pattern: "plain" | "stripes" | "checks";
}

/** Everything about a person that does not change. */
export interface FaceIdentity {
  /** Years, 18 to 80. */
  readonly age: number;
  /** 0 to 1; shifts bone, brow, skin, hair and beard together. */
  readonly masculinity: number;
  readonly head: HeadTraits;
  readonly eyes: EyeTraits;
  readonly brows: BrowTraits;
  readonly nose: NoseTraits;
  readonly mouth: MouthTraits;
  readonly ears: EarTraits;
  readonly skin: SkinTraits;
  readonly hair: HairTraits;
  readonly glasses: GlassesTraits | undefined;
  readonly clothing: ClothingTraits;
  /** Seed of all fine skin structure. */
  readonly detailSeed: number;
}
