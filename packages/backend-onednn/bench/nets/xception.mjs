/**
 * Xception (Chollet 2017, arXiv 1610.02357) in the layer order of Cadene's PyTorch net, which DeepfakeBench trains.
 * Max pooling pads as TensorFlow does: the same as PyTorch wherever its input is odd, shifted by a pixel where it is even.
 */
export const settings = { epsilon: 1e-5, momentum: 0.9 };

/** Trainable parameters with 1,000 classes, and what each class adds to the rest. */
export const size = { parameters: 22_855_952, features: 2048 };

/** From images to the features before global pooling, with the given blocks. */
export function xception(blocks, x) {
  const relu = "relu";

  /** Separable convolutions of the given widths beside a skip connection; `relu` everywhere but after the last. */
  function block(name, input, widths, { strides = 1, first = relu } = {}) {
    const filters = widths.at(-1);
    let shortcut = input;
    if (strides > 1) shortcut = blocks.conv(`${name}_skip`, input, { filters, kernelSize: 1, strides });
    let y = blocks.activate(`${name}_first`, input, first);
    widths.forEach((width, i) => {
      const activation = i < widths.length - 1 ? relu : undefined;
      y = blocks.separable(`${name}_conv${i + 1}`, y, { filters: width, activation });
    });
    if (strides > 1) y = blocks.maxPool(`${name}_pool`, y);
    return blocks.add(`${name}_add`, y, shortcut);
  }

  let y = blocks.conv("stem1", x, { filters: 32, kernelSize: 3, strides: 2, padding: "valid", activation: relu });
  y = blocks.conv("stem2", y, { filters: 64, kernelSize: 3, padding: "valid", activation: relu });
  y = block("block1", y, [128, 128], { strides: 2, first: undefined });
  y = block("block2", y, [256, 256], { strides: 2 });
  y = block("block3", y, [728, 728], { strides: 2 });
  for (let i = 4; i < 12; i++) y = block(`block${i}`, y, [728, 728, 728]);
  y = block("block12", y, [728, 1024], { strides: 2 });
  y = blocks.separable("tail1", y, { filters: 1536, activation: relu });
  return blocks.separable("tail2", y, { filters: 2048, activation: relu });
}
