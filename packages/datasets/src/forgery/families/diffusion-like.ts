/**
 * `diffusion-like`: the face re-synthesised as a latent diffusion model leaves it: fine structure taken for noise and
 * removed, detail regenerated slightly elsewhere, and new noise whose spectrum is not a camera's (it falls with frequency
 * and lacks the highest ones), with the faint periodic pattern of the latent decoder.
 * After the fingerprints in Corvi et al. (CVPR Workshops 2023).
 */
import { guidedFilter } from "../operations/guided.js";
import { ellipseMask } from "../operations/mask.js";
import { noiseLevel } from "../operations/noise-level.js";
import { smoothField } from "../operations/random-field.js";
import { identityMap, remap } from "../operations/remap.js";
import { spectralNoise } from "../operations/spectral-noise.js";
import { unsharp } from "../operations/unsharp.js";
import { lumaOf } from "../operations/ycbcr.js";
import type { Drawn } from "../parameters.js";
import type { FamilyInput, Forged } from "./family.js";

/** Noise is never put on below this standard deviation, so that a clean photograph's forgery has some. */
const LEAST_NOISE = 0.006;

/** Makes a `diffusion-like` forgery. */
export function forgeDiffusionLike({ face, frame, stream }: FamilyInput, drawn: Drawn<"diffusion-like">): Forged {
  const { width, height } = face;
  const mask = ellipseMask(frame, width, height, { centre: 0.5, across: 0.8 * drawn.reach, down: drawn.reach });

  const level = Math.max(LEAST_NOISE, noiseLevel(lumaOf(face), mask));
  // A channel's noise variance is about twice luma's; removing it takes an epsilon of at least twice as much again.
  const denoised = guidedFilter(face, 2, drawn.smoothing + 4 * level * level);
  const shift = smoothField(width, height, 2, 0.25 * frame.unit, stream.child("drift"));
  const drift = drawn.drift * frame.unit;
  const map = identityMap(width, height);
  for (let i = 0; i < map.x.length; i++) {
    map.x[i]! += drift * shift.data[2 * i]!;
    map.y[i]! += drift * shift.data[2 * i + 1]!;
  }
  const content = unsharp(remap(denoised, map, "bicubic"), 0.06 * frame.unit, drawn.localContrast);

  const noise = spectralNoise(width, height, drawn.noiseSlope, drawn.noiseCutoff, stream.child("noise"));
  const step = (2 * Math.PI) / drawn.latentPeriod;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const wave = Math.cos(step * x + drawn.latentPhase) + Math.cos(step * y + drawn.latentPhase);
      const added = drawn.noiseGain * level * noise.data[i]! + 0.5 * drawn.latentGrid * wave;
      for (let c = 0; c < 3; c++) content.data[3 * i + c]! += added;
    }
  }
  return { content, mask };
}
