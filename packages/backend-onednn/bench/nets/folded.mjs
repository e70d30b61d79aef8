/**
 * The same blocks in their inference form, still of stock layers: every batch norm is folded into the weights and bias of
 * the convolution before it, and relu is that convolution's own activation (TensorFlow.js then runs one fused kernel; for
 * swish it has none, so that is a layer, which `accelerate` fuses). `fill` takes the weights from a net of training blocks.
 */
import * as tf from "@tensorflow/tfjs";

export function foldedBlocks({ epsilon }) {
  const folds = [];
  const input = (layer, x) => layer.apply(x);
  const activate = (name, x, activation) =>
    activation ? input(tf.layers.activation({ name: `${name}_${activation}`, activation }), x) : x;

  /** A convolution with bias, and its activation: in the same layer if the fused kernel knows it. */
  const finish = (name, x, { activation, ...options }) => {
    const within = activation === "relu" ? activation : "linear";
    const layer = tf.layers.conv2d({ padding: "same", ...options, name, activation: within });
    return activate(name, input(layer, x), within === activation ? undefined : activation);
  };
  const copy = (name) => folds.push({ from: name, to: name, fold: (weights) => weights });

  const blocks = {
    activate,
    conv(name, x, options) {
      folds.push({
        from: name,
        to: name,
        norm: `${name}_norm`,
        fold: ([kernel], { scale, shift }) => [kernel.mul(scale), shift],
      });
      return finish(name, x, options);
    },
    depthwise(name, x, { kernelSize, strides, activation }) {
      folds.push({
        from: name,
        to: name,
        norm: `${name}_norm`,
        fold: ([kernel], { scale, shift }) => [kernel.mul(scale.expandDims(1)), shift],
      });
      const layer = tf.layers.depthwiseConv2d({ name, kernelSize, strides, padding: "same" });
      return activate(name, input(layer, x), activation);
    },
    separable(name, x, { filters, activation }) {
      folds.push({ from: name, to: `${name}_depthwise`, fold: ([depthwise]) => [depthwise] });
      folds.push({
        from: name,
        to: name,
        norm: `${name}_norm`,
        fold: ([, pointwise], { scale, shift }) => [pointwise.mul(scale), shift],
      });
      const options = { name: `${name}_depthwise`, kernelSize: 3, padding: "same", useBias: false };
      return finish(name, input(tf.layers.depthwiseConv2d(options), x), { filters, kernelSize: 1, activation });
    },
    squeezeExcite(name, x, { filters, squeezed }) {
      const pooled = input(tf.layers.globalAveragePooling2d({ name: `${name}_pool` }), x);
      let gate = input(tf.layers.reshape({ name: `${name}_image`, targetShape: [1, 1, filters] }), pooled);
      gate = finish(`${name}_reduce`, gate, { filters: squeezed, kernelSize: 1, activation: "swish" });
      gate = finish(`${name}_expand`, gate, { filters, kernelSize: 1, activation: "sigmoid" });
      copy(`${name}_reduce`);
      copy(`${name}_expand`);
      return input(tf.layers.multiply({ name: `${name}_scale` }), [x, gate]);
    },
    maxPool: (name, x) => input(tf.layers.maxPooling2d({ name, poolSize: 3, strides: 2, padding: "same" }), x),
    add: (name, x, y) => input(tf.layers.add({ name }), [x, y]),
    classify(x, { classes }) {
      copy("logits");
      const pooled = input(tf.layers.globalAveragePooling2d({ name: "pool" }), x);
      return input(tf.layers.dense({ name: "logits", units: classes }), pooled);
    },
  };

  /** Sets the weights of `folded`, a model of these blocks, so that it computes what `trained` does in inference. */
  function fill(folded, trained) {
    for (const { from, to, norm, fold } of folds) {
      tf.tidy(() => {
        let affine;
        if (norm) {
          const [gamma, beta, mean, variance] = trained.getLayer(norm).getWeights();
          const scale = gamma.div(variance.add(epsilon).sqrt());
          affine = { scale, shift: beta.sub(mean.mul(scale)) };
        }
        folded.getLayer(to).setWeights(fold(trained.getLayer(from).getWeights(), affine));
      });
    }
  }
  return { blocks, fill };
}
