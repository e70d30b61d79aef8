/**
 * `diffusion-like`: the face re-synthesised as a latent diffusion model leaves it: fine structure taken for noise and
 * removed, detail regenerated slightly elsewhere, and new noise whose spectrum is not a camera's (it falls with frequency
 * and lacks the highest ones), with the faint periodic pattern of the latent decoder.
 * After the fingerprints in Corvi et al. (CVPR Workshops 2023).
 */
import { grayImage } from "../../image/image.js";
import { toFrame } from "../operations/face-frame.js";
import { guidedFilter } from "../operations/guided.js";
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
  const mask = grayImage(width, height);
  const [m0, m1, m2, m3] = toFrame(frame);
  const edge = 0.25;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const dx = x - frame.origin[0];
      const dy = y - frame.origin[1];
      const a = (m0 * dx + m1 * dy) / (0.8 * drawn.reach);
      const b = (m2 * dx + m3 * dy - 0.5) / drawn.reach;
      const inside = Math.min(1, Math.max(0, (1 - Math.hypot(a, b)) / edge));
      mask.data[i] = inside * inside * (3 - 2 * inside);
    }
  }

  const level = Math.max(LEAST_NOISE, noiseLevel(lumaOf(face), mask));
  const denoised = guidedFilter(face, 2, drawn.smoothing);
  const shift = smoothField(width, height, 2, 0.25 * frame.unit, stream.child("drift"));
  const drift = drawn.drift * frame.unit;
  const map = identityMap(width, height);
  for (let i = 0; i < map.x.length; i++) {
    map.x[i]! += drift * shift.data[2 * i]!;
    map.y[i]! += drift * shift.data[2 * i + 1]!;
  }
  const content = unsharp(remap(denoised, map, "bicubic"), 0.06 * frame.unit, drawn.localContrast);

  const noise = spectralNoise(width, height, drawn.noiseSlope, drawn.noiseCutoff, stream.child("noise"));
  const phase = stream.child("grid").uniform(0, 2 * Math.PI);
  const step = (2 * Math.PI) / drawn.latentPeriod;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const grid = drawn.latentGrid * 0.5 * (Math.cos(step * x + phase) + Math.cos(step * y + phase));
      const added = drawn.noiseGain * level * noise.data[i]! + grid;
      for (let c = 0; c < 3; c++) content.data[3 * i + c]! += added;
    }
  }
  return { content, mask };
}
