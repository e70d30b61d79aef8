/**
 * `gan-upsampling`: the whole crop as a convolutional generator's decoder leaves it: up-sampled in stages by transposed
 * convolutions whose phases weigh unequally (checkerboards: peaks at 1/2, 1/4, 1/8 of the sampling frequency), whose
 * kernels let replicas of the spectrum through, and with less high-frequency detail than a photograph.
 * After Durall et al. (CVPR 2020) and Frank et al. (ICML 2020). The mask is 1 everywhere: nothing of the photograph stays.
 */
import type { RandomStream } from "@roga/tensor-utils/random";
import { grayImage } from "../../image/image.js";
import { copyOf, type Raster, zeros } from "../operations/raster.js";
import { resize } from "../operations/resize.js";
import { transposedConvolution } from "../operations/transposed-convolution.js";
import type { Drawn } from "../parameters.js";
import type { FamilyInput, Forged } from "./family.js";

/** Taps 1 3 3 1 over 4 interpolate smoothly; leak moves them to 0 4 4 0, pixel repetition. */
function kernel(leak: number, imbalance: number): Float64Array {
  const outer = (1 - leak) / 4;
  const inner = (3 + leak) / 4;
  return Float64Array.of(
    outer * (1 + imbalance),
    inner * (1 - imbalance),
    inner * (1 + imbalance),
    outer * (1 - imbalance),
  );
}

/** One kernel a channel: a common imbalance of random sign, and a share of it that differs between channels. */
function kernels(leak: number, imbalance: number, stream: RandomStream): Float64Array[] {
  const common = stream.choice([-1, 1]) * imbalance;
  return [0, 1, 2].map(() => kernel(leak, common * (1 + 0.25 * stream.normal())));
}

/** Repeats the last rows and columns so that both sides are multiples of `multiple`. */
function padTo(raster: Raster, multiple: number): Raster {
  const width = Math.ceil(raster.width / multiple) * multiple;
  const height = Math.ceil(raster.height / multiple) * multiple;
  if (width === raster.width && height === raster.height) return raster;
  const padded = zeros(width, height, 3);
  for (let y = 0, target = 0; y < height; y++) {
    const row = Math.min(y, raster.height - 1) * raster.width;
    for (let x = 0; x < width; x++) {
      const from = 3 * (row + Math.min(x, raster.width - 1));
      for (let c = 0; c < 3; c++) padded.data[target++] = raster.data[from + c]!;
    }
  }
  return padded;
}

/** Makes a `gan-upsampling` forgery. */
export function forgeGanUpsampling({ face, stream }: FamilyInput, drawn: Drawn<"gan-upsampling">): Forged {
  const { width, height } = face;
  const padded = padTo(face, 2 ** drawn.stages);
  const smooth = [0, 1, 2].map(() => kernel(0, 0));
  // The decoder as it is, and as it would be with ideal kernels: their difference is the artefact.
  let actual = resize(padded, padded.width >> drawn.stages, padded.height >> drawn.stages, "bilinear");
  let ideal = copyOf(actual);
  for (let stage = 0; stage < drawn.stages; stage++) {
    const layer = stream.child("layer", stage);
    const across = kernels(drawn.leak, drawn.imbalance, layer.child("across"));
    const down = kernels(drawn.leak, drawn.imbalance, layer.child("down"));
    actual = transposedConvolution(actual, 2, across, down);
    ideal = transposedConvolution(ideal, 2, smooth, smooth);
    // Each layer also receives the detail of its own resolution, as skip connections and noise inputs supply it.
    const level = drawn.stages - 1 - stage;
    const reference = level === 0 ? padded : resize(padded, padded.width >> level, padded.height >> level, "bilinear");
    for (let i = 0; i < actual.data.length; i++) {
      actual.data[i]! += drawn.detail * (reference.data[i]! - ideal.data[i]!);
    }
    ideal = copyOf(reference);
  }
  const content = zeros(width, height, 3);
  for (let y = 0; y < height; y++) {
    const from = y * padded.width * 3;
    content.data.set(actual.data.subarray(from, from + width * 3), y * width * 3);
  }
  const mask = grayImage(width, height);
  mask.data.fill(1);
  return { content, mask };
}
