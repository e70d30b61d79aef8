/**
 * Draws a person from one named random stream. Means and spreads follow adult anthropometry (Farkas, "Anthropometry of the
 * Head and Face", 1994), tightened so that no draw leaves the plausible; bone, skin, hair and age are drawn together.
 */
import type { RandomStream } from "@roga/tensor-utils/random";
import { clamp, mix } from "./curves.js";
import { drawHair } from "./hair-traits.js";
import type {
  BrowTraits,
  ClothingTraits,
  EyeTraits,
  FaceIdentity,
  GlassesTraits,
  HeadTraits,
  MouthTraits,
  NoseTraits,
  SkinTraits,
} from "./identity.js";

/** The person that a stream draws. */
export function drawIdentity(random: RandomStream): FaceIdentity {
  /** A normal draw cut at 2 standard deviations, each from a stream of its own so that traits never shift one another. */
  const draw = (name: string, mean: number, spread: number): number =>
    mean + spread * clamp(random.child(name).normal(), -2, 2);
  const chance = (name: string): number => random.child(name).uniform();
  const seed = (name: string): number => random.child(name).seed32() | 0;

  const male = chance("sex") < 0.5;
  const masculinity = clamp(draw("masculinity", male ? 0.84 : 0.16, 0.12), 0, 1);
  const age = 18 + 62 * chance("age") ** 1.5;
  const old = clamp((age - 28) / 50, 0, 1);
  const melanin = clamp(chance("melanin") ** 1.25 * 1.02, 0.01, 1);
  const m = masculinity;
  const slim = draw("fullness", 0, 1);

  const head: HeadTraits = {
    skullWidth: draw("skullWidth", 0.985 + 0.02 * m, 0.022),
    cheekWidth: draw("cheekWidth", 0.97 + 0.02 * m, 0.024) - 0.008 * slim,
    jawWidth: draw("jawWidth", 0.92 + 0.1 * m, 0.035) - 0.025 * slim,
    neckWidth: draw("neckWidth", 0.86 + 0.14 * m, 0.03) - 0.03 * slim,
    forehead: draw("forehead", 1.0, 0.035),
    chin: draw("chin", 0.95 + 0.06 * m, 0.04),
    jawPoint: clamp(draw("jawPoint", 2.25 - 0.55 * m, 0.2), 1.25, 2.7),
    chinForward: draw("chinForward", -0.5 + 2 * m, 1.4),
    cheekbone: draw("cheekbone", 4.4, 1.1) + 0.6 * slim,
    cheekFullness: draw("cheekFullness", 1.2 - 2.2 * old, 1) - 1.5 * slim,
    browRidge: Math.max(0.2, draw("browRidge", 0.3 + 2.4 * m, 0.6)),
    chinCleft: chance("chinCleft") < 0.25 ? m * draw("cleftDepth", 1, 0.3) : 0,
    asymmetrySeed: seed("asymmetry"),
  };
  const fold = chance("crease");
  const eyes: EyeTraits = {
    x: draw("eyeX", 31, 0.8),
    halfLength: draw("eyeLength", 14.6, 0.55),
    openUpper: draw("openUpper", 4.6 - 0.85 * m - 0.8 * old, 0.45),
    openLower: draw("openLower", 5.2, 0.35),
    tilt: draw("eyeTilt", 1.6 - 0.6 * m - 1.2 * old, 0.9),
    crease: fold < 0.22 ? 0 : draw("creaseHeight", 3.6 - 0.6 * m, 0.8),
    socket: draw("socket", 4.9 + 2 * m, 0.9),
    bag: 0.25 + old * draw("bag", 0.9, 0.4),
    iris: drawIris(chance("iris"), chance("irisShade"), melanin),
    irisSeed: seed("iris"),
    lashes: clamp(draw("lashes", 0.75 - 0.4 * m, 0.15), 0.1, 1),
  };
  const brows: BrowTraits = {
    y: draw("browY", 20.5 - 2.2 * m, 1.2),
    inner: draw("browInner", 12, 1.2),
    length: draw("browLength", 38, 1.8),
    thickness: draw("browThickness", 2.9 + 1.3 * m, 0.5),
    arch: Math.max(0.3, draw("browArch", 4.4 - 2.2 * m, 0.9)),
    tilt: draw("browTilt", 1.2 - 1.6 * m, 1),
    density: clamp(draw("browDensity", 0.72 + 0.16 * m - 0.15 * old, 0.12), 0.4, 1),
  };
  const broad = draw("noseBreadth", 0.9 * (melanin - 0.4), 0.55);
  const nose: NoseTraits = {
    tipY: draw("noseTip", -35.6, 1.3),
    projection: draw("noseProjection", 17.5 + 1.5 * m - 1.5 * broad, 1.2),
    bridgeHeight: draw("noseBridge", 1 - 0.18 * broad, 0.1),
    bridgeWidth: draw("noseBridgeWidth", 1 + 0.12 * broad, 0.07),
    tipWidth: draw("noseTipWidth", 1 + 0.14 * broad + 0.05 * m, 0.07),
    alarWidth: draw("alarWidth", 17.8 + 1.3 * m + 2 * broad, 0.8),
    upturn: draw("noseUpturn", 0.4 - 0.5 * m - 0.5 * old, 0.5),
    hump: draw("noseHump", 0.5 * m - 0.2, 0.7),
    bend: draw("noseBend", 0, 0.6),
  };
  const full = draw("lipFullness", 0.5 * (melanin - 0.4) * 2, 0.6);
  const mouth: MouthTraits = {
    y: draw("mouthY", -71.6, 1.2),
    halfWidth: draw("mouthWidth", 25.2 + 0.7 * m, 1.2),
    upper: Math.max(3, draw("upperLip", 7.2 - 1.6 * m - 1.8 * old + 1.2 * full, 0.7)),
    lower: Math.max(4.6, draw("lowerLip", 9.6 - 1.5 * m - 1.6 * old + 1.5 * full, 0.7)),
    bow: clamp(draw("cupidBow", 0.5, 0.25), 0, 1),
    cornerTilt: draw("cornerTilt", 0.4 - 0.9 * old, 0.7),
    protrusion: draw("lipProtrusion", 0.6 * full, 0.7),
  };
  const wearsLipstick = !male && chance("lipstick") < 0.45;
  const skin: SkinTraits = {
    melanin,
    haemoglobin: clamp(draw("haemoglobin", 1, 0.2), 0.55, 1.5),
    freckles: melanin < 0.35 && chance("freckles") < 0.35 ? chance("freckleDensity") : 0,
    blemishes: clamp(draw("blemishes", 0.35, 0.25), 0, 1),
    wrinkles: clamp(old * draw("wrinkles", 1, 0.2), 0, 1.3),
    oil: clamp(draw("oil", 0.5, 0.22), 0.1, 1),
    lipstick: wearsLipstick ? mix(0.3, 0.85, chance("lipstickAmount")) : 0,
    lipstickColour: mixColour([0.42, 0.03, 0.05], [0.4, 0.1, 0.12], chance("lipstickColour")),
    moles: Array.from({ length: Math.floor(chance("moles") * 3.4) }, (_, i): [number, number, number] => [
      mix(-52, 52, chance(`moleX${i}`)),
      mix(-105, 50, chance(`moleY${i}`)),
      mix(0.7, 1.6, chance(`moleSize${i}`)),
    ]),
  };
  return {
    age,
    masculinity,
    head,
    eyes,
    brows,
    nose,
    mouth,
    ears: { size: draw("earSize", 0.96 + 0.05 * m + 0.05 * old, 0.05), flare: draw("earFlare", 0.52, 0.1) },
    skin,
    hair: drawHair(random.child("hair"), { age, masculinity, male, melanin }),
    glasses: chance("glasses") < 0.18 + 0.2 * old ? drawGlasses(draw, chance) : undefined,
    clothing: drawClothing(chance, male),
    detailSeed: seed("detail"),
  };
}

function mixColour(
  a: readonly [number, number, number],
  b: readonly [number, number, number],
  t: number,
): [number, number, number] {
  return [mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)];
}

/** Blue, grey, green and hazel irises go with pale skin; brown ones with any. */
function drawIris(kind: number, shade: number, melanin: number): [number, number, number] {
  const light = clamp(0.72 - 2.2 * melanin, 0, 0.72);
  if (kind < light * 0.5) return mixColour([0.1, 0.19, 0.31], [0.2, 0.28, 0.34], shade);
  if (kind < light * 0.75) return mixColour([0.12, 0.17, 0.09], [0.19, 0.2, 0.13], shade);
  if (kind < light) return mixColour([0.15, 0.095, 0.035], [0.2, 0.14, 0.055], shade);
  return mixColour([0.035, 0.016, 0.007], [0.1, 0.045, 0.016], shade * clamp(1.25 - melanin, 0.15, 1));
}

type Draw = (name: string, mean: number, spread: number) => number;
type Chance = (name: string) => number;

function drawGlasses(draw: Draw, chance: Chance): GlassesTraits {
  const wire = chance("wireFrame") < 0.4;
  const dark = mixColour([0.012, 0.011, 0.011], [0.09, 0.035, 0.015], chance("frameColour") ** 2);
  return {
    halfWidth: draw("frameWidth", 25, 1.4),
    halfHeight: draw("frameHeight", 18.5, 2),
    squareness: mix(2, 4.5, chance("frameShape")),
    thickness: wire ? 1.1 : mix(1.8, 3.2, chance("frameThickness")),
    colour: wire ? mixColour([0.25, 0.24, 0.23], [0.32, 0.22, 0.09], chance("frameColour")) : dark,
  };
}

const CLOTHS: readonly (readonly [number, number, number])[] = [
  [0.72, 0.71, 0.69],
  [0.02, 0.021, 0.025],
  [0.03, 0.045, 0.11],
  [0.16, 0.17, 0.18],
  [0.2, 0.3, 0.45],
  [0.32, 0.03, 0.035],
  [0.06, 0.14, 0.08],
  [0.38, 0.28, 0.17],
  [0.42, 0.2, 0.24],
  [0.1, 0.2, 0.24],
];

function drawClothing(chance: Chance, male: boolean): ClothingTraits {
  const pick = (name: string) => CLOTHS[Math.floor(chance(name) * CLOTHS.length)]!;
  const neck = chance("neckline");
  const pattern = chance("clothPattern");
  return {
    neckline: neck < 0.42 ? "crew" : neck < (male ? 0.95 : 0.62) ? "collar" : "open",
    colour: pick("cloth"),
    second: pick("clothSecond"),
    pattern: pattern < 0.7 ? "plain" : pattern < 0.88 ? "stripes" : "checks",
  };
}
