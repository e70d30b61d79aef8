/** The nets whose steps are measured, as layers models from images [n, size, size, 3] to logits [n, classes]. */
import { meso4 } from "@roga/backbones";
import { accelerate } from "@roga/ops/layers";
import * as tf from "@tensorflow/tfjs";
import { buildNet } from "../../backend-onednn/bench/nets/index.mjs";

export const nets = ["xception", "meso4"];

/** A model, and how many values gradients move. */
export function build(net, { size, classes }) {
  if (net !== "meso4") return buildNet(net, { size, classes });
  const { model, cost } = meso4({ inputSize: size, classes });
  return { model, parameters: cost.trainableParameters };
}

/** A function from images to the features before the last layer and the logits, in training. */
export function forwardOf({ inputs, layers, outputs }) {
  const model = tf.model({ inputs, outputs: [layers.at(-1).input, outputs[0]] });
  accelerate(model);
  return (images) => {
    const [features, logits] = model.apply(images, { training: true });
    return { features, logits };
  };
}
