/**
 * Makes `predict` and `predictOnBatch` of a model go through the model's `call`, so that the pass' changes to it hold there
 * as well. A batch that fits in one go is neither cut out of the inputs nor joined to others.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { executing, type WithPredictLoop } from "./stock-layer.js";

/** @param model a stock model, which executes what its `call` does */
export function predictThroughCall(model: LayersModel): void {
  replaceLoop(executing(model), model);
  if (model.getClassName() !== "Sequential") return;
  const build = model.build.bind(model);
  model.build = (inputShape) => {
    build(inputShape);
    replaceLoop(executing(model), model);
  };
}

function replaceLoop(runs: LayersModel, model: LayersModel): void {
  const owner = runs as unknown as WithPredictLoop;
  const stock = owner.predictLoop.bind(runs);
  owner.predictLoop = (inputs, batchSize = 32, verbose = false) => {
    if (verbose) return stock(inputs, batchSize, verbose);
    return tf.tidy(() => {
      const outputs = inBatches([inputs].flat(), batchSize, (batch) => [model.call(batch, {})].flat());
      const joined = runs.outputs.map((_, index) => tf.concat(outputs.map((output) => output[index]!)));
      return joined.length === 1 ? joined[0]! : joined;
    });
  };
}

/** The outputs of each batch. */
function inBatches(inputs: tf.Tensor[], batchSize: number, call: (batch: tf.Tensor[]) => tf.Tensor[]): tf.Tensor[][] {
  const samples = inputs[0]!.shape[0]!;
  const outputs: tf.Tensor[][] = [];
  for (let start = 0; start < samples; start += batchSize) {
    const size = Math.min(batchSize, samples - start);
    const cut = (input: tf.Tensor) => (input.shape[0] === size ? input : tf.slice(input, [start], [size]));
    outputs.push(tf.tidy(() => call(inputs.map(cut))));
  }
  return outputs;
}
