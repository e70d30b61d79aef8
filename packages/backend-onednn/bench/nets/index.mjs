/** The benchmarked nets by name, as stock `tf.LayersModel`s for training and, folded, for inference. */
import * as tf from "@tensorflow/tfjs";
import * as efficientnet from "./efficientnet.mjs";
import { foldedBlocks } from "./folded.mjs";
import { trainingBlocks } from "./training-blocks.mjs";
import * as xception from "./xception.mjs";

const nets = {
  xception: { settings: xception.settings, size: xception.size, body: xception.xception },
};
for (const [name, size] of Object.entries(efficientnet.sizes)) {
  const body = (blocks, x) => efficientnet.efficientNet(name, blocks, x);
  nets[name] = { settings: efficientnet.settings, size, body };
}

export const netNames = Object.keys(nets);

function assemble({ body }, blocks, { size, classes }) {
  const inputs = tf.input({ shape: [size, size, 3], name: "images" });
  return tf.model({ inputs, outputs: blocks.classify(body(blocks, inputs), { classes }) });
}

/**
 * The net for images [batch, size, size, 3], with logits [batch, classes] as output, its number of trainable parameters
 * (which is checked against the published one), and where the arrays of the PyTorch net's `state_dict` go, in its order.
 */
export function buildNet(name, { size, classes }) {
  const net = nets[name];
  const blocks = trainingBlocks(net.settings);
  const model = assemble(net, blocks, { size, classes });
  const parameters = model.trainableWeights.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape), 0);
  const expected = net.size.parameters + (classes - 1000) * (net.size.features + 1);
  if (parameters !== expected) {
    throw new Error(`${name} with ${classes} classes must have ${expected} parameters, got ${parameters}`);
  }
  return { model, parameters, state: blocks.state };
}

/** The inference form of a model from `buildNet`, with its weights at this moment. */
export function foldNet(name, trained, { size, classes }) {
  const net = nets[name];
  const { blocks, fill } = foldedBlocks(net.settings);
  const model = assemble(net, blocks, { size, classes });
  fill(model, trained);
  return model;
}
