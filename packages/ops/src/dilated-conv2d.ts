/**
 * Convolutions of a dilation other than 1 that can be trained: TensorFlow.js' own gradient refuses them. Where the backend
 * has no kernel for it, such a convolution is rate² undilated ones, each on the pixels that lie `rate` apart:
 * `spaceToBatchND` sorts these into a batch, there the ordinary gradients are taken, and `batchToSpaceND` puts the result
 * back (the rearrangement by which Chen et al. 2015, arXiv 1412.7062, compute the forward pass). It takes no extra
 * arithmetic, and any engine that trains.
 */
import * as tf from "@tensorflow/tfjs-core";
import { DilatedConv2DGrad } from "./kernels.js";
import { hasKernel, runKernel } from "./run-kernel.js";

/**
 * `tf.conv2d` of stride 1 and padding "same" with a gradient for every dilation rate.
 *
 * @param x `[n, h, w, in]`
 * @param filter `[height, width, in, out]`
 * @param rate distance of the pixels that the filter sees, an integer ≥ 1
 * @returns `[n, h, w, out]`; it can be differentiated once
 */
export function dilatedConv2d(x: tf.Tensor4D, filter: tf.Tensor4D, rate: number): tf.Tensor4D {
  const convolve = tf.customGrad((...args) => {
    const [x, filter, save] = args as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([x, filter]);
    return {
      value: tf.conv2d(x, filter, 1, "same", "NHWC", rate),
      gradFunc: (dy, saved) => gradients(dy as tf.Tensor4D, ...(saved as [tf.Tensor4D, tf.Tensor4D]), rate),
    };
  });
  return convolve(x, filter) as tf.Tensor4D;
}

function gradients(dy: tf.Tensor4D, x: tf.Tensor4D, filter: tf.Tensor4D, rate: number): tf.Tensor[] {
  if (hasKernel(DilatedConv2DGrad)) return runKernel(DilatedConv2DGrad, { x, filter, dy }, { rate });
  const block = [rate, rate];
  const { padInfo } = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, 1, rate, "same");
  /** What is missing on the far side for a padded length to fall into whole blocks. */
  const fill = (padded: number) => (rate - (padded % rate)) % rate;
  const extraRows = fill(x.shape[1] + padInfo.top + padInfo.bottom);
  const extraColumns = fill(x.shape[2] + padInfo.left + padInfo.right);
  const margins = [
    [padInfo.top, padInfo.bottom + extraRows],
    [padInfo.left, padInfo.right + extraColumns],
  ];
  const images = tf.spaceToBatchND(x, block, margins) as tf.Tensor4D;
  const upstream = tf.spaceToBatchND(dy, block, [
    [0, extraRows],
    [0, extraColumns],
  ]) as tf.Tensor4D;
  const dFilter: tf.Tensor = tf
    .engine()
    .runKernel(
      tf.Conv2DBackpropFilter,
      { x: images, dy: upstream },
      { strides: [1, 1], pad: "valid", dataFormat: "NHWC", filterShape: filter.shape },
    );
  const dImages = tf.conv2dTranspose(upstream, filter, images.shape, 1, "valid");
  return [tf.batchToSpaceND(dImages, block, margins), dFilter];
}
