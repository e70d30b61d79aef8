/** The contestant that is measured: a stock `tf.LayersModel` on one of TensorFlow.js' backends. */
import * as tf from "@tensorflow/tfjs";
import { batchOf, inference, trainingStep, useBackend } from "../engine.mjs";
import { buildNet, foldNet } from "../nets/index.mjs";
import { readOptions } from "../options.mjs";
import { resident, serve } from "./serve.mjs";

const options = readOptions({ task: { type: "string" } });
await useBackend(options);
const baseline = resident("VmRSS");
const { model, parameters } = buildNet(options.net, options);
const data = batchOf(options);
let step;
if (options.task === "training") {
  step = trainingStep(model, data);
} else {
  const folded = foldNet(options.net, model, options);
  model.dispose();
  step = inference(folded, data);
}
await serve({ about: { parameters, version: `TensorFlow.js ${tf.version_core}, ${tf.getBackend()}` }, baseline, step });
