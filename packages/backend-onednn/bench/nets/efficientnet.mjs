/**
 * EfficientNet B0 and B4 (Tan and Le 2019, arXiv 1905.11946) in the layer order of efficientnet_pytorch, without dropout
 * and drop-connect.
 */
export const settings = { epsilon: 1e-3, momentum: 0.99 };

/** Trainable parameters with 1,000 classes, and what each class adds to the rest. */
export const sizes = {
  "efficientnet-b0": { parameters: 5_288_548, features: 1280 },
  "efficientnet-b4": { parameters: 19_341_616, features: 1792 },
};

/** Repeats, kernel size, strides, expansion and filters of the seven stages of B0. */
const stages = [
  [1, 3, 1, 1, 16],
  [2, 3, 2, 6, 24],
  [2, 5, 2, 6, 40],
  [3, 3, 2, 6, 80],
  [3, 5, 1, 6, 112],
  [4, 5, 2, 6, 192],
  [1, 3, 1, 6, 320],
];

const scales = { "efficientnet-b0": { width: 1, depth: 1 }, "efficientnet-b4": { width: 1.4, depth: 1.8 } };

/** The multiple of 8 nearest to filters × scale, at least 90 % of it. */
function scaledWidth(filters, scale) {
  const width = Math.max(8, Math.floor((filters * scale + 4) / 8) * 8);
  return width < 0.9 * filters * scale ? width + 8 : width;
}

/** From images to the features before global pooling, with the given blocks. */
export function efficientNet(name, blocks, x) {
  const scale = scales[name];
  const activation = "swish";
  let width = scaledWidth(32, scale.width);
  let y = blocks.conv("stem", x, { filters: width, kernelSize: 3, strides: 2, activation });
  let count = 0;

  function invertedResidual(input, inputs, { kernelSize, strides, expansion, outputs }) {
    const block = `block${++count}`;
    const filters = inputs * expansion;
    let z = input;
    if (expansion > 1) z = blocks.conv(`${block}_expand`, z, { filters, kernelSize: 1, activation });
    z = blocks.depthwise(`${block}_depthwise`, z, { kernelSize, strides, activation });
    z = blocks.squeezeExcite(`${block}_gate`, z, { filters, squeezed: Math.max(1, Math.floor(inputs / 4)) });
    z = blocks.conv(`${block}_project`, z, { filters: outputs, kernelSize: 1 });
    return strides === 1 && inputs === outputs ? blocks.add(`${block}_add`, z, input) : z;
  }

  for (const [repeats, kernelSize, strides, expansion, filters] of stages) {
    const outputs = scaledWidth(filters, scale.width);
    for (let i = 0; i < Math.ceil(repeats * scale.depth); i++) {
      y = invertedResidual(y, width, { kernelSize, strides: i ? 1 : strides, expansion, outputs });
      width = outputs;
    }
  }
  return blocks.conv("head", y, { filters: scaledWidth(1280, scale.width), kernelSize: 1, activation });
}
