/**
 * The gradient of `FusedBatchNorm` in five passes over the image tensor instead of fourteen. With r = 1/√(v + ε):
 * ∂x = scale·r·dy, ∂mean = −scale·r·Σdy, ∂variance = −½·scale·r³·Σdy·(x − mean), ∂scale = r·Σdy·(x − mean) and
 * ∂offset = Σdy, the sums over all but the channel axis: the stock formulas with their per-channel factors taken out of
 * the sums. Statistics of the input's own rank, one per element, go to the stock gradient. The scale is there in every
 * call: TensorFlow.js cannot differentiate without it.
 */
import * as tf from "@tensorflow/tfjs-core";

/** The gradient to register in place of `stock`. */
export function batchNormGradient(stock: tf.GradConfig): tf.GradConfig {
  return {
    ...stock,
    gradFunc(dy, saved, attrs) {
      const [x, mean, variance, scale] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      if (Array.isArray(dy) || mean.rank !== 1) return stock.gradFunc(dy, saved, attrs);
      const axes = x.shape.map((_, axis) => axis).slice(0, -1);
      const r = tf.rsqrt(tf.add(variance, attrs.varianceEpsilon as number));
      const factor = tf.mul(scale, r);
      const sum = tf.sum(dy, axes);
      const centredSum = tf.sum(tf.mul(dy, tf.sub(x, mean)), axes);
      return {
        x: () => tf.mul(dy, factor),
        mean: () => tf.neg(tf.mul(factor, sum)),
        variance: () => tf.mul(tf.mul(tf.mul(factor, tf.square(r)), centredSum), -0.5),
        scale: () => tf.mul(r, centredSum),
        offset: () => sum,
      };
    },
  };
}
