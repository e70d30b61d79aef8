/**
 * Whether the benchmarked nets are the nets that PyTorch runs: the same weights on both sides, then logits in evaluation and
 * training mode, the folded net's logits, the loss, and its gradient by every parameter, each against PyTorch in float64.
 * Beside it stands how far PyTorch's own float32 is from that, for deep nets amplify rounding: a relu that flips moves
 * gradients by percents.
 *
 *     node bench/check-parity.mjs [--net …] [--size 72] [--batch 2] [--backend onednn] [--bf16]
 *
 * Xception's max pooling is PyTorch's only where its inputs are odd, as at 72 and 136 pixels. Fails if the logits are
 * further off than 1e-3 of the largest, or the median gradient than 1e-2 and ten times PyTorch's own (not with `--bf16`).
 */
import { accelerate } from "@roga/ops/layers";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "./engine.mjs";
import { buildNet, foldNet } from "./nets/index.mjs";
import { readOptions } from "./options.mjs";
import { reference } from "./reference.mjs";
import { median, table } from "./statistics.mjs";

const options = readOptions({ size: { type: "string", default: "72" }, batch: { type: "string", default: "2" } });
await useBackend(options);
const { model, parameters, state } = buildNet(options.net, options);
const expected = reference(options, state);

const variable = ({ layer, index }) => model.getLayer(layer).weights[index].val;
state.forEach((entry, i) => {
  const { shape, data } = expected.weights[i];
  tf.tidy(() => variable(entry).assign(tf.tensor(data, shape)));
});
const folded = foldNet(options.net, model, options);
accelerate(folded);
accelerate(model);
const images = tf.tensor(expected.images.data, expected.images.shape);
const labels = tf.oneHot(tf.tensor1d(expected.labels.data, "int32"), options.classes).toFloat();

/** The largest difference as a share of the largest expected number. */
const greatest = (actual, wanted) => {
  const difference = wanted.reduce((most, value, i) => Math.max(most, Math.abs(actual[i] - value)), 0);
  return difference / wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
};
/** The norm of the difference as a share of the expected norm. */
const relative = (actual, wanted) => norm(wanted.map((value, i) => actual[i] - value)) / norm(wanted);
const norm = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

const ours = {
  evaluation: model.predict(images).dataSync(),
  folded: folded.predict(images).dataSync(),
};
const trained = state.flatMap((entry, i) => (expected.f64.gradients[i] ? [{ ...entry, i, val: variable(entry) }] : []));
const { value, grads } = tf.variableGrads(
  () => {
    const logits = model.apply(images, { training: true });
    ours.training = logits.dataSync();
    return tf.losses.softmaxCrossEntropy(labels, logits);
  },
  trained.map(({ val }) => val),
);
ours.loss = value.dataSync();

const { f64, f32 } = expected;
const rows = [["against PyTorch in float64", tf.getBackend(), "PyTorch float32"]];
const exponential = (number) => number.toExponential(1);
const found = {};
for (const [name, key] of [
  ["logits, evaluation: greatest", "evaluation"],
  ["logits, batch norms folded: greatest", "folded"],
  ["logits, training: greatest", "training"],
  ["loss", "loss"],
]) {
  const wanted = f64[key] ?? f64.evaluation;
  found[key] = greatest(ours[key], wanted.data);
  rows.push([name, exponential(found[key]), exponential(greatest((f32[key] ?? f32.evaluation).data, wanted.data))]);
}
const norms = trained.map(({ i }) => norm(f64.gradients[i].data));
// The shift of a batch norm whose output only another batch norm sees has no effect: its gradient is rounding alone.
const counted = trained.filter((_, i) => norms[i] > 1e-10 * Math.max(...norms));
const deviations = counted.map(({ i, val }) => ({
  ours: relative(grads[val.name].dataSync(), f64.gradients[i].data),
  torch: relative(f32.gradients[i].data, f64.gradients[i].data),
}));
const of = (side) => deviations.map((deviation) => deviation[side]);
const medians = { ours: median(of("ours")), torch: median(of("torch")) };
rows.push([`${counted.length} gradients: median of them`, exponential(medians.ours), exponential(medians.torch)]);
rows.push(["gradients: worst", exponential(Math.max(...of("ours"))), exponential(Math.max(...of("torch")))]);

console.log(`${options.net}, ${parameters} parameters, ${options.size} px, batch ${options.batch}`);
console.log(table(rows));
if (counted.length < trained.length)
  console.log(`${trained.length - counted.length} gradients are zero but for rounding`);
const logitsOff = Math.max(found.evaluation, found.folded, found.training);
const passes = logitsOff <= 1e-3 && medians.ours <= Math.max(1e-2, 10 * medians.torch);
if (!passes && !options.bf16) {
  console.error("the nets do not compute the same");
  process.exitCode = 1;
}
