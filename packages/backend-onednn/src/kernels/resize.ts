/** Images resized to the nearest pixel or bilinearly, and the gradients of both. */
import * as tf from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { kernel, type NativeKernel } from "../register.js";
import { remap, segmentsOf, whole } from "./remap.js";

type Options = Pick<tf.ResizeBilinearAttrs, "alignCorners" | "halfPixelCenters">;

const resizeBilinear = kernel<tf.ResizeBilinearInputs, tf.ResizeBilinearAttrs>(
  tf.ResizeBilinear,
  ({ inputs: { images }, attrs: { size, alignCorners, halfPixelCenters }, backend }) => {
    const [batch, height, width, channels] = images.shape as [number, number, number, number];
    if (!allFloat32(images) || images.shape.includes(0) || size.includes(0)) return undefined;
    const y = backend.make([batch, ...size, channels]);
    const shape = Int32Array.of(batch, height, width, channels, ...size);
    backend.addon.resizeBilinear(backend.floats(images), y.values, shape, alignCorners, halfPixelCenters);
    return y.info;
  },
);

/** For each pixel of the resized axis the pixel that it copies. */
function nearest(size: number, resized: number, { alignCorners, halfPixelCenters }: Options): number[] {
  const corners = alignCorners && resized > 1;
  const ratio = (corners ? size - 1 : size) / (corners ? resized - 1 : resized);
  return Array.from({ length: resized }, (_, index) => {
    const position = ratio * (halfPixelCenters ? index + 0.5 : index);
    return Math.min(size - 1, alignCorners ? Math.round(position) : Math.floor(position));
  });
}

const resizeNearestNeighbor = kernel<tf.ResizeNearestNeighborInputs, tf.ResizeNearestNeighborAttrs>(
  tf.ResizeNearestNeighbor,
  ({ inputs: { images }, attrs, backend }) => {
    const [batch, height, width, channels] = images.shape as [number, number, number, number];
    if (!allFloat32(images) || images.shape.includes(0)) return undefined;
    const rows = segmentsOf(nearest(height, attrs.size[0], attrs));
    const columns = segmentsOf(nearest(width, attrs.size[1], attrs));
    const choice = [whole(batch), rows, columns, whole(channels)];
    return remap(backend, images, choice, [batch, ...attrs.size, channels]);
  },
);

const gradient = (name: string, toNearest: boolean): NativeKernel =>
  kernel<{ images: tf.TensorInfo; dy: tf.TensorInfo }, Partial<Options>>(
    name,
    ({ inputs: { images, dy }, attrs: { alignCorners = false, halfPixelCenters = false }, backend }) => {
      const [, newHeight, newWidth] = dy.shape as [number, number, number];
      if (!allFloat32(images, dy) || images.shape.includes(0) || dy.shape.includes(0)) return undefined;
      const dx = backend.make(images.shape);
      const shape = Int32Array.of(...images.shape, newHeight, newWidth);
      backend.addon.resizeBackward(backend.floats(dy), dx.values, shape, toNearest, alignCorners, halfPixelCenters);
      return dx.info;
    },
  );

export const resizeKernels: readonly NativeKernel[] = [
  resizeBilinear,
  resizeNearestNeighbor,
  gradient(tf.ResizeBilinearGrad, false),
  gradient(tf.ResizeNearestNeighborGrad, true),
];
