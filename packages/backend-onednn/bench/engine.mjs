/** What is measured on our side: the backend, the pass that makes stock layers use fused operations, and a training step. */
import { sgdUpdate } from "@roga/ops";
import { accelerate } from "@roga/ops/layers";
import * as tf from "@tensorflow/tfjs";

/**
 * Makes `backend` current and resolves to its package, which stock backends have none of. `threads` and `bf16` (products and
 * convolutions in bfloat16) count for `onednn` alone.
 */
export async function useBackend({ backend, threads, bf16 }) {
  if (bf16 && backend !== "onednn") throw new RangeError(`--bf16 needs --backend onednn, got ${backend}`);
  const module = backend === "onednn" ? await import("@roga/backend-onednn") : undefined;
  module?.configure({ threads, precision: bf16 ? "bfloat16" : "float32" });
  if (!(await tf.setBackend(backend))) throw new Error(`the backend ${backend} does not start`);
  await tf.ready();
  return module;
}

/** Images of noise [batch, size, size, 3] and one-hot labels [batch, classes]. */
export function batchOf({ batch, size, classes }) {
  const images = tf.randomNormal([batch, size, size, 3], 0, 1, "float32", 1);
  const indices = Array.from({ length: batch }, (_, i) => i % classes);
  const labels = tf.tidy(() => tf.oneHot(tf.tensor1d(indices, "int32"), classes).toFloat());
  return { images, labels };
}

/** A function that runs one training step of `model` and returns its loss: cross-entropy, SGD with momentum 0.9. */
export function trainingStep(model, { images, labels }) {
  accelerate(model);
  const variables = model.trainableWeights.map(({ val }) => val);
  let momenta = variables.map((variable) => tf.zerosLike(variable));
  const loss = () => tf.losses.softmaxCrossEntropy(labels, model.apply(images, { training: true }));
  return () => {
    const { value, grads } = tf.variableGrads(loss, variables);
    const gradients = variables.map(({ name }) => grads[name]);
    momenta = sgdUpdate(variables, gradients, momenta, { learningRate: 1e-3, momentum: 0.9 });
    tf.dispose(gradients);
    const [number] = value.dataSync();
    value.dispose();
    return number;
  };
}

/** A function that runs `model`, which must be in its inference form, and returns the sum of its logits. */
export function inference(model, { images }) {
  accelerate(model);
  return () => {
    const logits = model.predict(images);
    const sum = logits.dataSync().reduce((total, logit) => total + logit, 0);
    logits.dispose();
    return sum;
  };
}
