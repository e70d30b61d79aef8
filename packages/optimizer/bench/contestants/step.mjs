/** The contestant: whole steps of one algorithm over K domains, and how much of them lies outside their forward-backwards. */
import { ema, sgd } from "@roga/optimizer";
import * as tf from "@tensorflow/tfjs";
import { resident, serve } from "../../../backend-onednn/bench/contestants/serve.mjs";
import { batchOf, trainingStep, useBackend } from "../../../backend-onednn/bench/engine.mjs";
import { readOptions } from "../../../backend-onednn/bench/options.mjs";
import { median } from "../../../backend-onednn/bench/statistics.mjs";
import { algorithms, averaged, plain } from "../algorithms.mjs";
import { build, forwardOf, nets } from "../nets.mjs";

const options = readOptions(
  { algorithm: { type: "string" }, domains: { type: "string" }, warmup: { type: "string" } },
  nets,
);
/** Steps by which is found how much of one lies outside its passes. */
const WATCHED = 5;

await useBackend(options);
const baseline = resident("VmRSS");
const { model, parameters } = build(options.net, options);
const data = batchOf(options);

/** Waits for kernels that a backend computes beside JavaScript. */
const finish = () => tf.backend().finish?.();

/** While `on`, adds up the time that an object spends in one of its methods, and in the kernels that it calls. */
function timed(object, method) {
  const watch = { ms: 0, on: false };
  const stock = object[method].bind(object);
  object[method] = (...args) => {
    if (!watch.on) return stock(...args);
    finish();
    const start = performance.now();
    try {
      return stock(...args);
    } finally {
      finish();
      watch.ms += performance.now() - start;
    }
  };
  return watch;
}

/** The batch cut into as many domains of equal size, each a closure. */
function domainLosses({ images, labels }) {
  const forward = forwardOf(model);
  const count = Number(options.domains);
  const parts = (tensor) => tf.split(tensor, count);
  const batches = parts(images).map((part, k) => ({ images: part, oneHot: parts(labels)[k] }));
  const closure = ({ images, oneHot }) => {
    const classes = tf.argMax(oneHot, 1);
    return () => {
      const { features, logits } = forward(images);
      return { loss: tf.losses.softmaxCrossEntropy(oneHot, logits), features, logits, labels: classes };
    };
  };
  return Object.fromEntries(batches.map((batch, k) => [`domain ${k + 1}`, closure(batch)]));
}

function algorithmStep(name) {
  const algorithm = algorithms[name]();
  const average = averaged.has(name) ? ema() : undefined;
  const baseOptimizer = sgd({ learningRate: 1e-3, momentum: 0.9 });
  const context = {
    variables: model.trainableWeights.map((weight) => weight.read()),
    buffers: model.nonTrainableWeights.map((weight) => weight.read()),
    domainLosses: domainLosses(data),
    baseOptimizer,
  };
  const passes = timed(tf.engine(), "gradients");
  const updates = timed(baseOptimizer, "applyGradients");
  let forwardBackwards;
  const step = async () => {
    const record = await algorithm.step(context);
    average?.update(context.variables);
    finish();
    forwardBackwards = record.forwardBackwards;
    return record.loss;
  };
  return {
    step,
    /** Of steps of their own, in which kernels are waited for where a pass begins and ends. */
    async account() {
      passes.on = true;
      updates.on = true;
      const steps = [];
      for (let i = 0; i < WATCHED; i++) {
        passes.ms = 0;
        updates.ms = 0;
        const start = performance.now();
        await step();
        steps.push({ all: performance.now() - start, passes: passes.ms, update: updates.ms });
      }
      const share = (part) => median(steps.map((step) => part(step) / step.passes));
      return {
        forwardBackwards,
        overhead: share(({ all, passes }) => all - passes),
        update: share(({ update }) => update),
      };
    },
  };
}

const measured = options.algorithm === plain ? { step: trainingStep(model, data) } : algorithmStep(options.algorithm);
await serve({ about: { parameters }, baseline, ...measured });
