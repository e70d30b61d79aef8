/**
 * `MaxPool` and `MaxPoolGrad` of NHWC float32 images. Ties and NaN go as in the stock kernels: the first value in row
 * order that is strictly greater wins, NaN never does, and a window without a winner (all NaN or −∞) passes no
 * gradient. The gradient finds the winner again from the input: that reads each value once, less than keeping it.
 */
import { backend_util, MaxPool, MaxPoolGrad, util } from "@tensorflow/tfjs-core";
import { type FastKernel, floats, type KernelCall } from "./kernel.js";

function pooling(shape: number[], attrs: KernelCall["attrs"]): backend_util.Conv2DInfo | undefined {
  const info = backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    attrs.filterSize as number | [number, number],
    attrs.strides as number | [number, number],
    1,
    attrs.pad as "valid" | "same" | number,
    attrs.dimRoundingMode as "floor" | "round" | "ceil" | undefined,
  );
  return Math.min(...info.outShape) > 0 ? info : undefined;
}

/** Calls `visit` with every output pixel's first index and the part of its window that lies in the image. */
function forEachWindow(
  info: backend_util.Conv2DInfo,
  visit: (output: number, image: number, top: number, bottom: number, left: number, right: number) => void,
): void {
  let output = 0;
  for (let image = 0; image < info.batchSize; image++) {
    for (let row = 0; row < info.outHeight; row++) {
      const corner = row * info.strideHeight - info.padInfo.top;
      const bottom = Math.min(info.inHeight, corner + info.filterHeight);
      for (let column = 0; column < info.outWidth; column++, output += info.inChannels) {
        const left = column * info.strideWidth - info.padInfo.left;
        const right = Math.min(info.inWidth, left + info.filterWidth);
        visit(output, image, Math.max(0, corner), bottom, Math.max(0, left), right);
      }
    }
  }
}

export const maxPool: FastKernel = {
  kernelName: MaxPool,
  run(call) {
    const x = floats(call, "x");
    const info = x && pooling(call.inputs.x!.shape, call.attrs);
    if (x === undefined || info === undefined) return undefined;
    // The stock kernel shares the input's buffer where nothing is pooled.
    if (info.filterHeight === 1 && info.filterWidth === 1) return undefined;
    const { inChannels: channels, inHeight, inWidth } = info;
    const y = new Float32Array(util.sizeFromShape(info.outShape)).fill(Number.NEGATIVE_INFINITY);
    forEachWindow(info, (output, image, top, bottom, left, right) => {
      for (let row = top; row < bottom; row++) {
        let i = ((image * inHeight + row) * inWidth + left) * channels;
        for (let column = left; column < right; column++) {
          for (let o = output; o < output + channels; o++, i++) if (x[i]! > y[o]!) y[o] = x[i]!;
        }
      }
    });
    return call.backend.makeTensorInfo(info.outShape, "float32", y);
  },
};

export const maxPoolGrad: FastKernel = {
  kernelName: MaxPoolGrad,
  run(call) {
    const x = floats(call, "input");
    const dy = floats(call, "dy");
    const info = x && pooling(call.inputs.input!.shape, call.attrs);
    if (x === undefined || dy === undefined || info === undefined) return undefined;
    if (!util.arraysEqual(info.outShape, call.inputs.dy!.shape)) return undefined;
    const { inChannels: channels, inHeight, inWidth } = info;
    const dx = new Float32Array(x.length);
    forEachWindow(info, (output, image, top, bottom, left, right) => {
      for (let channel = 0; channel < channels; channel++) {
        let best = Number.NEGATIVE_INFINITY;
        let winner = -1;
        for (let row = top; row < bottom; row++) {
          let i = ((image * inHeight + row) * inWidth + left) * channels + channel;
          for (let column = left; column < right; column++, i += channels) {
            if (x[i]! > best) {
              best = x[i]!;
              winner = i;
            }
          }
        }
        if (winner >= 0) dx[winner]! += dy[output + channel]!;
      }
    });
    return call.backend.makeTensorInfo(call.inputs.input!.shape, "float32", dx);
  },
};
