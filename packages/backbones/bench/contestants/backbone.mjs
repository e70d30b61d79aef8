/** The contestant that is measured: a network of this package on one of TensorFlow.js' backends. */
import { backbones, build, fold } from "@roga/backbones";
import * as tf from "@tensorflow/tfjs";
import { resident, serve } from "../../../backend-onednn/bench/contestants/serve.mjs";
import { batchOf, inference, trainingStep, useBackend } from "../../../backend-onednn/bench/engine.mjs";
import { readOptions } from "../../../backend-onednn/bench/options.mjs";

const names = backbones.map(({ name }) => name);
const options = readOptions({ task: { type: "string" } }, names);
await useBackend(options);
const baseline = resident("VmRSS");
const { net, size, classes, task } = options;
const { stochasticDepth } = backbones.find(({ name }) => name === net);
const backbone = build(net, {
  inputSize: size,
  classes,
  dropout: 0,
  ...(stochasticDepth !== undefined && { stochasticDepth: 0 }),
});
const data = batchOf(options);
let step;
if (task === "folded") {
  const folded = fold(backbone);
  backbone.dispose();
  step = inference(folded, data);
} else {
  step = task === "training" ? trainingStep(backbone.model, data) : inference(backbone.model, data);
}
const about = {
  parameters: backbone.cost.trainableParameters,
  version: `TensorFlow.js ${tf.version_core}, ${tf.getBackend()}`,
};
await serve({ about, baseline, step });
