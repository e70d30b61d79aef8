/**
 * The building blocks of the benchmarked nets in their training form: stock TensorFlow.js layers, with every batch norm
 * and activation a layer of its own. `state` lists where each array of the PyTorch net's `state_dict` goes, in its order.
 */
import * as tf from "@tensorflow/tfjs";

const kernelInitializer = "heUniform";

/** Every block takes its layers' name and its input, and returns its output. */
export function trainingBlocks({ epsilon, momentum }) {
  const state = [];
  /** Adds a layer, and the kinds of the weights it holds: `conv` (HWIO), `depthwise` (HWC1), `dense`, `vector`. */
  const apply = (layer, x, ...kinds) => {
    kinds.forEach((kind, index) => {
      state.push({ layer: layer.name, index, kind });
    });
    return layer.apply(x);
  };

  const activate = (name, x, activation) =>
    activation ? apply(tf.layers.activation({ name: `${name}_${activation}`, activation }), x) : x;

  const finish = (name, x, activation) => {
    const norm = tf.layers.batchNormalization({ name: `${name}_norm`, epsilon, momentum });
    return activate(name, apply(norm, x, "vector", "vector", "vector", "vector"), activation);
  };

  return {
    state,
    activate,
    /** A convolution without bias, batch norm, activation. */
    conv(name, x, { filters, kernelSize, strides = 1, padding = "same", activation }) {
      const options = { name, filters, kernelSize, strides, padding, useBias: false, kernelInitializer };
      return finish(name, apply(tf.layers.conv2d(options), x, "conv"), activation);
    },
    /** A depthwise convolution without bias, batch norm, activation. */
    depthwise(name, x, { kernelSize, strides, activation }) {
      const options = { name, kernelSize, strides, padding: "same", useBias: false };
      const layer = tf.layers.depthwiseConv2d({ ...options, depthwiseInitializer: kernelInitializer });
      return finish(name, apply(layer, x, "depthwise"), activation);
    },
    /** A 3×3 separable convolution without bias, batch norm, activation. */
    separable(name, x, { filters, activation }) {
      const options = { name, filters, kernelSize: 3, padding: "same", useBias: false };
      const initializers = { depthwiseInitializer: kernelInitializer, pointwiseInitializer: kernelInitializer };
      const layer = tf.layers.separableConv2d({ ...options, ...initializers });
      return finish(name, apply(layer, x, "depthwise", "conv"), activation);
    },
    /** x times a gate for each of its channels, computed from their means. */
    squeezeExcite(name, x, { filters, squeezed }) {
      const pooled = apply(tf.layers.globalAveragePooling2d({ name: `${name}_pool` }), x);
      const options = { kernelSize: 1, kernelInitializer };
      let gate = apply(tf.layers.reshape({ name: `${name}_image`, targetShape: [1, 1, filters] }), pooled);
      const reduce = { ...options, name: `${name}_reduce`, filters: squeezed };
      gate = activate(reduce.name, apply(tf.layers.conv2d(reduce), gate, "conv", "vector"), "swish");
      const expand = { ...options, name: `${name}_expand`, filters, activation: "sigmoid" };
      gate = apply(tf.layers.conv2d(expand), gate, "conv", "vector");
      return apply(tf.layers.multiply({ name: `${name}_scale` }), [x, gate]);
    },
    maxPool: (name, x) => apply(tf.layers.maxPooling2d({ name, poolSize: 3, strides: 2, padding: "same" }), x),
    add: (name, x, y) => apply(tf.layers.add({ name }), [x, y]),
    /** Global average pooling and a dense layer: the logits. */
    classify(x, { classes }) {
      const pooled = apply(tf.layers.globalAveragePooling2d({ name: "pool" }), x);
      return apply(tf.layers.dense({ name: "logits", units: classes, kernelInitializer }), pooled, "dense", "vector");
    },
  };
}
