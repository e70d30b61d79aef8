/** Which hair and beard a person wears: style, lengths in mm, curl, colour and hairline, drawn with sex, age and skin. */
import type { RandomStream } from "@roga/tensor-utils/random";
import { clamp, mix } from "./curves.js";
import { type Colour, hairReflectance } from "./pigments.js";

/** The hair styles. `strands.ts` says how each one is combed. */
type HairStyle = "bald" | "buzz" | "crop" | "parted" | "swept" | "curly" | "bob" | "long" | "tied";

/** Hair of the lower face. */
export type BeardStyle = "none" | "stubble" | "moustache" | "goatee" | "full";

/** Everything that decides a person's hair. */
export interface HairTraits {
  readonly style: HairStyle;
  /** Linear RGB reflectance, and that of brows and beard. */
  readonly colour: Colour;
  readonly browColour: Colour;
  readonly beardColour: Colour;
  /** Strand length, height over the scalp, radius and wavelength of the curl, in mm. */
  readonly length: number;
  readonly volume: number;
  readonly curl: number;
  readonly wavelength: number;
  /** Where the parting lies (mm from the midline), and how far the hairline has receded. */
  readonly parting: number;
  readonly recession: number;
  /** 0 to 1: share of front strands cut to a fringe. */
  readonly fringe: number;
  /** 0 (smooth) to 1 (unkempt). */
  readonly disorder: number;
  readonly beard: BeardStyle;
  readonly beardLength: number;
  /** 0 to 1: the shadow of shaved hair. */
  readonly stubble: number;
  readonly seed: number;
}

/** What hair depends on. */
interface HairContext {
  readonly age: number;
  readonly masculinity: number;
  readonly male: boolean;
  readonly melanin: number;
}

const MALE_STYLES: readonly HairStyle[] = [
  "crop",
  "crop",
  "crop",
  "parted",
  "parted",
  "swept",
  "curly",
  "buzz",
  "long",
];
const FEMALE_STYLES: readonly HairStyle[] = ["long", "long", "long", "bob", "bob", "curly", "tied", "tied", "crop"];

/** The hair that a stream draws for such a person. */
export function drawHair(random: RandomStream, context: HairContext): HairTraits {
  const chance = (name: string): number => random.child(name).uniform();
  const { male, age, melanin } = context;
  const old = clamp((age - 30) / 45, 0, 1);

  const balding = male ? clamp(1.5 * old * chance("balding") + 0.25 * (chance("early") - 0.6), 0, 1) : 0;
  let style = random.child("style").choice(male ? MALE_STYLES : FEMALE_STYLES);
  if (melanin > 0.7 && (style === "parted" || style === "swept")) style = chance("dark") < 0.6 ? "buzz" : "curly";
  if (balding > 0.62) style = chance("shaved") < 0.45 ? "bald" : "buzz";
  if (male && chance("shavedHead") < 0.05) style = "bald";

  // Fair and red hair occur with pale skin; darker skin goes with black hair.
  const fair = clamp(1 - 2.4 * melanin, 0, 1) * chance("fair");
  const red = fair > 0.15 && chance("red") < 0.14;
  const eumelanin = red ? mix(0.7, 1.5, chance("redShade")) : mix(4.6, 0.75, clamp(1.25 * fair, 0, 1) ** 0.75);
  const pheomelanin = red ? mix(0.7, 1.05, chance("redDepth")) : 0.25 * chance("warmth");
  const greying =
    clamp(old * 1.35 - 0.35 + 0.5 * (chance("greying") - 0.5), 0, 1) * (male || chance("dyed") < 0.4 ? 1 : 0.1);

  const texture = chance("texture");
  const tight = melanin > 0.62 ? 0.8 : 0.12;
  const curly = style === "curly" || texture < tight * 0.4;
  const coils = curly && chance("coils") < tight;
  const [shortest, longest] = STYLE_LENGTH[style];
  const bearded = male ? chance("beard") : 1;
  const beard: BeardStyle =
    bearded < 0.16
      ? "full"
      : bearded < 0.24
        ? "goatee"
        : bearded < 0.29
          ? "moustache"
          : bearded < 0.52
            ? "stubble"
            : "none";
  return {
    style,
    colour: hairReflectance(eumelanin, pheomelanin, greying),
    browColour: hairReflectance(Math.max(1.4, eumelanin), pheomelanin, 0.5 * greying),
    beardColour: hairReflectance(Math.max(1.2, 0.9 * eumelanin), pheomelanin + 0.1, clamp(1.15 * greying, 0, 1)),
    length: mix(shortest, longest, chance("length")) * (coils && style !== "long" ? 0.75 : 1),
    volume: mix(5, 13, chance("volume")) * (style === "tied" ? 0.25 : style === "buzz" ? 0.2 : 1),
    curl: coils ? mix(3, 5, chance("curl")) : curly ? mix(5, 9, chance("curl")) : mix(0.4, 3.5, chance("curl") ** 2),
    wavelength: coils
      ? mix(14, 20, chance("wave"))
      : curly
        ? mix(28, 45, chance("wave"))
        : mix(60, 120, chance("wave")),
    parting:
      (chance("side") < 0.5 ? -1 : 1) * (style === "long" && chance("centre") < 0.5 ? 2 : mix(16, 34, chance("part"))),
    recession: 16 * balding + 3 * (chance("hairline") - 0.5) + (male ? 1.5 : -1),
    fringe:
      (style === "bob" || style === "long") && chance("fringe") < 0.35 ? mix(0.75, 1, chance("fringeDensity")) : 0,
    disorder: mix(0.1, 0.65, chance("disorder") ** 1.5),
    beard,
    beardLength: mix(4, beard === "full" ? 20 : 10, chance("beardLength") ** 1.5),
    stubble: male ? mix(0.1, 0.75, chance("stubble")) * (beard === "stubble" ? 1.3 : 0.6) : 0,
    seed: random.child("strands").seed32() | 0,
  };
}

const STYLE_LENGTH: Readonly<Record<HairStyle, readonly [shortest: number, longest: number]>> = {
  bald: [1, 1],
  buzz: [3, 7],
  crop: [18, 36],
  parted: [55, 95],
  swept: [70, 110],
  curly: [45, 85],
  bob: [150, 215],
  long: [260, 380],
  tied: [120, 170],
};
