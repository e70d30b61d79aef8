/**
 * `SpaceToBatchND` and `BatchToSpaceND` of NHWC float32 images, by which the gradient of a dilated convolution is taken:
 * the pixel at (r·h + p, s·w + q) of image b is the pixel at (h, w) of image (p·s + q)·n + b, for a block of r×s and n
 * images. The stock kernels go through a transposition of six dimensions.
 */
import { BatchToSpaceND, SpaceToBatchND, type TensorInfo } from "@tensorflow/tfjs-core";
import { type FastKernel, floats, type KernelCall } from "./kernel.js";

type Pair = [number, number];

/** Images `[batch, height, width]` within a margin, and the `[rows, columns]` of each blocked one. */
interface Layout {
  block: Pair;
  batch: number;
  height: number;
  width: number;
  top: number;
  left: number;
  rows: number;
  columns: number;
}

export const spaceToBatch: FastKernel = {
  kernelName: SpaceToBatchND,
  run(call): TensorInfo | undefined {
    const x = floats(call, "x");
    const block = imageBlock(call);
    if (x === undefined || block === undefined) return undefined;
    const [batch, height, width, channels] = call.inputs.x!.shape as [number, number, number, number];
    const [[top, bottom], [left, right]] = call.attrs.paddings as [Pair, Pair];
    const rows = (height + top + bottom) / block[0];
    const columns = (width + left + right) / block[1];
    const out = new Float32Array(batch * block[0] * block[1] * rows * columns * channels);
    forEachPixel({ block, batch, height, width, top, left, rows, columns }, (blocked, pixel) => {
      for (let c = 0; c < channels; c++) out[blocked * channels + c] = x[pixel * channels + c]!;
    });
    return call.backend.makeTensorInfo([batch * block[0] * block[1], rows, columns, channels], "float32", out);
  },
};

export const batchToSpace: FastKernel = {
  kernelName: BatchToSpaceND,
  run(call): TensorInfo | undefined {
    const x = floats(call, "x");
    const block = imageBlock(call);
    if (x === undefined || block === undefined) return undefined;
    const [images, rows, columns, channels] = call.inputs.x!.shape as [number, number, number, number];
    const [[top, bottom], [left, right]] = call.attrs.crops as [Pair, Pair];
    const batch = images / (block[0] * block[1]);
    const height = rows * block[0] - top - bottom;
    const width = columns * block[1] - left - right;
    if (height <= 0 || width <= 0) return undefined;
    const out = new Float32Array(batch * height * width * channels);
    forEachPixel({ block, batch, height, width, top, left, rows, columns }, (blocked, pixel) => {
      for (let c = 0; c < channels; c++) out[pixel * channels + c] = x[blocked * channels + c]!;
    });
    return call.backend.makeTensorInfo([batch, height, width, channels], "float32", out);
  },
};

/** The block of a call on images, `undefined` for another rank. */
function imageBlock({ inputs, attrs }: KernelCall): Pair | undefined {
  const block = attrs.blockShape as number[];
  return inputs.x!.shape.length === 4 && block.length === 2 ? (block as Pair) : undefined;
}

/** Visits the pixels within the margin: their number in the blocked images, and in the images themselves. */
function forEachPixel(layout: Layout, visit: (blocked: number, pixel: number) => void): void {
  const { block, batch, height, width, top, left, rows, columns } = layout;
  let blocked = 0;
  for (let p = 0; p < block[0]; p++) {
    for (let q = 0; q < block[1]; q++) {
      for (let image = 0; image < batch; image++) {
        for (let row = p - top, r = 0; r < rows; r++, row += block[0]) {
          for (let column = q - left, c = 0; c < columns; c++, column += block[1], blocked++) {
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            visit(blocked, (image * height + row) * width + column);
          }
        }
      }
    }
  }
}
