/**
 * The patch matrix of a 2-D convolution (im2col): one row per output pixel, holding the input values under the filter
 * in the filter's own order (filter row, filter column, channel), zeros outside the image. A convolution and its two
 * gradients are then matrix products. Images are taken a few output rows at a time ("bands"), so that a band's matrix
 * stays in the second-level cache.
 */
import { backend_util } from "@tensorflow/tfjs-core";

/** What `tf.backend_util.computeConv2DInfo` answers. */
export type Conv2DInfo = backend_util.Conv2DInfo;

/** Values in a band's patch matrix: 256 KB of doubles. */
const BAND_VALUES = 32_768;

/** The geometry of an NHWC convolution, or `undefined` for another layout or an empty result. */
export function convolution(
  inputShape: number[],
  filterShape: number[],
  attrs: Record<string, unknown>,
): Conv2DInfo | undefined {
  if (attrs.dataFormat !== "NHWC") return undefined;
  const info = backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    attrs.strides as number | [number, number],
    (attrs.dilations ?? 1) as number | [number, number],
    attrs.pad as "valid" | "same" | number,
    attrs.dimRoundingMode as "floor" | "round" | "ceil" | undefined,
  );
  return Math.min(...info.outShape) > 0 ? info : undefined;
}

/** Values of one patch: filter height × filter width × input channels. */
export function patchSize(info: Conv2DInfo): number {
  return info.filterHeight * info.filterWidth * info.inChannels;
}

/** A run of output rows of one image. */
export interface Band {
  image: number;
  firstRow: number;
  rows: number;
  /** Output pixels in the band. */
  pixels: number;
  /** Index of its first value in the output array. */
  outputOffset: number;
}

/** Calls `visit` for every band of every image, in the order of the output. */
export function forEachBand(info: Conv2DInfo, visit: (band: Band) => void): void {
  const rowsPerBand = bandRows(info);
  for (let image = 0; image < info.batchSize; image++) {
    for (let firstRow = 0; firstRow < info.outHeight; firstRow += rowsPerBand) {
      const rows = Math.min(rowsPerBand, info.outHeight - firstRow);
      const outputOffset = (image * info.outHeight + firstRow) * info.outWidth * info.outChannels;
      visit({ image, firstRow, rows, pixels: rows * info.outWidth, outputOffset });
    }
  }
}

/** Output pixels of the largest band. */
export function bandPixels(info: Conv2DInfo): number {
  return bandRows(info) * info.outWidth;
}

function bandRows(info: Conv2DInfo): number {
  const rows = Math.floor(BAND_VALUES / (patchSize(info) * info.outWidth));
  return Math.min(info.outHeight, Math.max(1, rows));
}

/** Writes the patch matrix of a band: `[band.pixels, patchSize]`. */
export function gatherPatches(x: Float32Array, info: Conv2DInfo, band: Band, patches: Float64Array): void {
  const { filterHeight, filterWidth, inChannels, inHeight, inWidth, dilationHeight, dilationWidth } = info;
  const runLength = filterWidth * inChannels;
  let o = 0;
  for (let row = band.firstRow; row < band.firstRow + band.rows; row++) {
    for (let column = 0; column < info.outWidth; column++) {
      const left = column * info.strideWidth - info.padInfo.left;
      const inside = dilationWidth === 1 && left >= 0 && left + filterWidth <= inWidth;
      let inputRow = row * info.strideHeight - info.padInfo.top;
      for (let fr = 0; fr < filterHeight; fr++, inputRow += dilationHeight) {
        const rowOffset = (band.image * inHeight + inputRow) * inWidth;
        if (inputRow < 0 || inputRow >= inHeight) {
          for (const end = o + runLength; o < end; o++) patches[o] = 0;
        } else if (inside) {
          let i = (rowOffset + left) * inChannels;
          for (const end = o + runLength; o < end; o++, i++) patches[o] = x[i]!;
        } else {
          let inputColumn = left;
          for (let fc = 0; fc < filterWidth; fc++, inputColumn += dilationWidth) {
            const end = o + inChannels;
            if (inputColumn < 0 || inputColumn >= inWidth) for (; o < end; o++) patches[o] = 0;
            else for (let i = (rowOffset + inputColumn) * inChannels; o < end; o++, i++) patches[o] = x[i]!;
          }
        }
      }
    }
  }
}

/** Adds every patch of a band back to where it was gathered from (col2im), the adjoint of `gatherPatches`. */
export function scatterPatches(patches: Float64Array, info: Conv2DInfo, band: Band, x: Float64Array): void {
  const { filterHeight, filterWidth, inChannels, inHeight, inWidth, dilationHeight, dilationWidth } = info;
  const runLength = filterWidth * inChannels;
  let p = 0;
  for (let row = band.firstRow; row < band.firstRow + band.rows; row++) {
    for (let column = 0; column < info.outWidth; column++) {
      const left = column * info.strideWidth - info.padInfo.left;
      const inside = dilationWidth === 1 && left >= 0 && left + filterWidth <= inWidth;
      let inputRow = row * info.strideHeight - info.padInfo.top;
      for (let fr = 0; fr < filterHeight; fr++, inputRow += dilationHeight) {
        // x holds the band's image alone.
        const rowOffset = inputRow * inWidth;
        if (inputRow < 0 || inputRow >= inHeight) {
          p += runLength;
        } else if (inside) {
          let i = (rowOffset + left) * inChannels;
          for (const end = p + runLength; p < end; p++, i++) x[i]! += patches[p]!;
        } else {
          let inputColumn = left;
          for (let fc = 0; fc < filterWidth; fc++, inputColumn += dilationWidth) {
            const end = p + inChannels;
            if (inputColumn < 0 || inputColumn >= inWidth) p = end;
            else for (let i = (rowOffset + inputColumn) * inChannels; p < end; p++, i++) x[i]! += patches[p]!;
          }
        }
      }
    }
  }
}
