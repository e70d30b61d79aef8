/**
 * Every number that a forgery draws, with its range: the one place to read or change what a family can look like.
 *
 * Units. "eye distance" is the distance between the eyes, so geometry follows the face. "px" is a pixel of the crop and
 * "times" a ratio to the crop's own resolution: sampling artefacts are given in these, so that they are as visible in
 * a crop of 64 px as in one of 256 px. "value" is the scale of pixel values, 0..1. Draws are uniform, each from a stream
 * of its own, so that a new parameter shifts no other.
 */
import type { RandomStream } from "@roga/tensor-utils/random";

/** A parameter that is drawn uniformly from a range. */
export interface ParameterRange {
  /** Lowest value drawn. */
  readonly low: number;
  /** Highest value drawn. */
  readonly high: number;
  /** What the value is measured in. */
  readonly unit: string;
  /** What the value does. */
  readonly meaning: string;
  /** Present and true where only whole numbers are drawn, both ends included. */
  readonly whole?: true;
}

function range(low: number, high: number, unit: string, meaning: string): ParameterRange {
  return { low, high, unit, meaning };
}

function whole(low: number, high: number, unit: string, meaning: string): ParameterRange {
  return { low, high, unit, meaning, whole: true };
}

const TURN = 2 * Math.PI;

/** The table with its keys, from which the families' types follow. */
const TABLE = {
  deepfakes: {
    donorShare: range(0.4, 0.75, "share", "weight of the donor against the face itself in what the decoder draws"),
    reduction: range(1.35, 2, "times", "how much coarser than the crop the decoder's output is"),
    smoothing: range(0.0001, 0.0005, "value²", "variance below which the decoder loses texture"),
    sharpening: range(0.2, 0.9, "share", "unsharp masking after up-sampling, as face-swapping tools apply it"),
    colourMatch: range(0.5, 0.9, "share", "how far the decoded colours are moved to the target's"),
    brightness: range(-0.04, 0.04, "value", "luma added to the decoded face"),
    contrast: range(0.82, 1.1, "times", "contrast of the decoded face"),
    chromaShift: range(0.006, 0.02, "value", "length of the step in (Cb, Cr)"),
    chromaAngle: range(0, TURN, "rad", "direction of that step"),
    scale: range(0.9, 1.02, "times", "size of the replaced area"),
    feather: range(0.08, 0.18, "eye distance", "blur of the mask's edge, inwards"),
    bend: range(0.02, 0.06, "eye distance", "random deformation of the mask"),
    misfitShift: range(0, 0.04, "eye distance", "misplacement of the decoded face"),
    misfitAngle: range(0, TURN, "rad", "direction of that misplacement"),
  },
  face2face: {
    opening: range(0.07, 0.24, "eye distance", "distance between the lips that the warp adds"),
    smile: range(-0.07, 0.16, "eye distance", "how far the mouth's corners move outwards and up; in and down below 0"),
    asymmetry: range(-0.3, 0.3, "share", "how much less one corner moves; the left of the picture above 0"),
    teeth: range(0.3, 0.75, "share", "part of the opening that the upper teeth fill"),
    teethBrightness: range(0.95, 1.3, "times", "luma of the teeth against the face's mean"),
    cavity: range(0.08, 0.18, "value", "luma of the cavity"),
    smoothing: range(0.0003, 0.0015, "value²", "variance below which the rendered albedo loses texture"),
    shading: range(0.02, 0.08, "share", "change of luminance per eye distance by the estimated lighting"),
    shadingAngle: range(0, TURN, "rad", "direction of that change"),
    feather: range(0.05, 0.12, "eye distance", "blur of the mask's edge, inwards"),
    bend: range(0.01, 0.04, "eye distance", "random deformation of the mask"),
  },
  faceswap: {
    colourMatch: range(0.55, 0.95, "share", "how far the donor's colours are moved to the target's"),
    contrast: range(0.92, 1.18, "times", "contrast of the rendered face"),
    shading: range(0.02, 0.1, "share", "change of luminance per eye distance by the estimated lighting"),
    shadingAngle: range(0, TURN, "rad", "direction of that change"),
    sharpening: range(0.1, 0.6, "share", "unsharp masking of the rendered texture"),
    scale: range(0.86, 1, "times", "size of the replaced area"),
    cornerJitter: range(0.01, 0.06, "eye distance", "random displacement of the outline's corners"),
    edge: range(0.2, 0.7, "px", "blur of the hard edge"),
    misfitShift: range(0, 0.06, "eye distance", "misplacement of the rendered face"),
    misfitAngle: range(0, TURN, "rad", "direction of that misplacement"),
  },
  neuraltextures: {
    opening: range(0.04, 0.13, "eye distance", "distance between the lips that the re-rendering adds"),
    smile: range(-0.07, 0.1, "eye distance", "how far the mouth's corners move outwards and up; in and down below 0"),
    reduction: range(1.5, 2.3, "times", "how much coarser than the crop the rendered texture is"),
    smoothing: range(0.0004, 0.0015, "value²", "variance below which the renderer loses texture"),
    texture: range(0.012, 0.03, "value", "standard deviation of the texture that the renderer puts on instead"),
    texturePeriod: range(2, 4, "px", "spacing of that texture's cells"),
    chromaShift: range(0.004, 0.014, "value", "length of the step in (Cb, Cr)"),
    chromaAngle: range(0, TURN, "rad", "direction of that step"),
    cavity: range(0.06, 0.18, "value", "luma of the cavity"),
    scale: range(1.1, 1.45, "times", "size of the replaced area"),
    feather: range(0.05, 0.12, "eye distance", "blur of the mask's edge, inwards"),
    bend: range(0.02, 0.06, "eye distance", "random deformation of the mask"),
  },
  "self-blended": {
    brightness: range(-0.08, 0.08, "value", "luma added to the copy"),
    contrast: range(0.88, 1.14, "times", "contrast of the copy"),
    saturation: range(0.75, 1.3, "times", "saturation of the copy"),
    hue: range(-0.18, 0.18, "rad", "turn of the copy's chroma"),
    sharpening: range(-0.8, 0.8, "share", "unsharp masking of the copy; below 0 it is blurred"),
    shiftX: range(-0.06, 0.06, "eye distance", "translation of the copy to the right"),
    shiftY: range(-0.04, 0.04, "eye distance", "translation of the copy downwards"),
    zoom: range(0.95, 1.05, "times", "scale of the copy"),
    part: whole(0, 2, "index", "blended area: 0 inner face, 1 brows to lower lip, 2 lower face"),
    scale: range(0.82, 1.03, "times", "size of the blended area"),
    bend: range(0.04, 0.14, "eye distance", "random deformation of the mask"),
    feather: range(0.02, 0.2, "eye distance", "blur of the mask's edge, inwards"),
    blendRatio: range(0.4, 1, "share", "weight of the copy in the middle of the mask"),
  },
  "gan-upsampling": {
    stages: whole(2, 3, "layers", "up-sampling layers with stride 2, so the decoder starts at 1/4 or 1/8 of the size"),
    imbalance: range(0.004, 0.014, "share", "unequal share of the input that odd and even samples of a layer receive"),
    leak: range(0.1, 0.4, "share", "how far the kernels are from a smooth interpolation towards pixel repetition"),
    detail: range(0.55, 0.9, "share", "high-frequency detail that the generator reproduces"),
  },
  "diffusion-like": {
    reach: range(1.5, 2.6, "eye distance", "half height of the re-synthesised area, around the nose"),
    smoothing: range(0.0004, 0.002, "value²", "variance below which denoising takes structure for noise"),
    noiseGain: range(0.3, 0.9, "times", "level of the new noise against the noise that was removed"),
    noiseSlope: range(0.5, 1.6, "1", "exponent of the new noise's fall with frequency"),
    noiseCutoff: range(0.5, 0.8, "share", "part of the Nyquist frequency from which new noise is missing"),
    latentGrid: range(0.002, 0.007, "value", "amplitude of the latent decoder's periodic pattern"),
    latentPeriod: whole(4, 8, "px", "period of that pattern"),
    latentPhase: range(0, TURN, "rad", "phase of that pattern"),
    drift: range(0.005, 0.014, "eye distance", "displacement of regenerated detail"),
    localContrast: range(0.05, 0.25, "share", "local contrast added to the smooth result"),
  },
  "celeb-blend": {
    colourMatch: range(0.85, 1, "share", "how far the donor's colours are moved to the target's"),
    membrane: range(0.5, 1, "share", "how far the seam's difference is spread into the face (1: Poisson cloning)"),
    levels: whole(2, 4, "bands", "levels of the Laplacian pyramid in which the seam is blended"),
    reduction: range(1.05, 1.5, "times", "how much coarser than the crop the synthesised face is"),
    noiseMatch: range(0, 0.8, "share", "part of the target's noise that is put on the synthesised face"),
    quality: whole(65, 92, "libjpeg quality", "compression of the synthesised face before it is blended in"),
    scale: range(0.82, 0.94, "times", "size of the replaced area"),
    feather: range(0.08, 0.16, "eye distance", "blur of the mask's edge, inwards"),
    bend: range(0.02, 0.06, "eye distance", "random deformation of the mask"),
  },
} as const satisfies Record<string, Record<string, ParameterRange>>;

/**
 * A way of forging a face. Four follow the methods of FaceForensics++ (Roessler et al., ICCV 2019): `deepfakes`,
 * `face2face`, `faceswap`, `neuraltextures`. The others: `self-blended` (Shiohara, Yamasaki, CVPR 2022),
 * `gan-upsampling` (Durall et al., CVPR 2020; Frank et al., ICML 2020), `diffusion-like` (Corvi et al., CVPR-W 2023),
 * `celeb-blend` (Li et al., Celeb-DF, CVPR 2020).
 */
export type ForgeryFamily =
  | "deepfakes"
  | "face2face"
  | "faceswap"
  | "neuraltextures"
  | "self-blended"
  | "gan-upsampling"
  | "diffusion-like"
  | "celeb-blend";

/** Every family, in the order of the table. */
export const forgeryFamilies: readonly ForgeryFamily[] = Object.keys(TABLE) as (keyof typeof TABLE)[];

/** Family, then parameter, to the range that it is drawn from. */
export const forgeryParameters: Readonly<Record<ForgeryFamily, Readonly<Record<string, ParameterRange>>>> = TABLE;

/** The values drawn for one forgery of a family, by name. */
export type Drawn<F extends ForgeryFamily> = { readonly [Name in keyof (typeof TABLE)[F]]: number };

/** Draws a range's value. */
export function drawFrom({ low, high, whole: integer }: ParameterRange, stream: RandomStream): number {
  return integer ? stream.int(low, high + 1) : stream.uniform(low, high);
}

/** Draws all parameters of a family, each from the child stream of its name. */
export function drawParameters<F extends ForgeryFamily>(family: F, stream: RandomStream): Drawn<F> {
  const ranges: Readonly<Record<string, ParameterRange>> = TABLE[family];
  const drawn = Object.entries(ranges).map(([name, values]) => [
    name,
    drawFrom(values, stream.child(family, "parameters", name)),
  ]);
  // The keys are those of the family's table, one by one.
  return Object.fromEntries(drawn) as Drawn<F>;
}
