/**
 * The gradient of `Mean`: dy/n, repeated over the averaged axes. The stock gradient repeats dy by a product with ones and
 * divides afterwards, three passes over the input's size instead of one.
 */
import * as tf from "@tensorflow/tfjs-core";

/** The gradient to register in place of `stock`. */
export function meanGradient(stock: tf.GradConfig): tf.GradConfig {
  return {
    ...stock,
    gradFunc(dy, saved, attrs) {
      const { shape, size } = saved[0]!;
      if (Array.isArray(dy) || size === 0) return stock.gradFunc(dy, saved, attrs);
      const averaged = new Set(tf.util.parseAxisParam(attrs.axis as number | number[], shape));
      const kept = shape.map((length, axis) => (averaged.has(axis) ? 1 : length));
      const reps = shape.map((length, axis) => (averaged.has(axis) ? length : 1));
      return { x: () => tf.tile(tf.reshape(tf.div(dy, size / dy.size), kept), reps) };
    },
  };
}
