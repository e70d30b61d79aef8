/**
 * Inference of networks as they are built beside their folded form, in interleaved rounds on one engine:
 *
 *     node bench/fold.mjs [--nets xception,resnet50,efficientnet-b4] [--size 256] [--batch 8] [--rounds 7] [--backend onednn]
 *
 * Prints the median milliseconds of a batch and the median ratio of the rounds.
 */
import { parseArgs } from "node:util";
import { build, fold } from "@roga/backbones";
import * as tf from "@tensorflow/tfjs";
import { useBackend } from "../../backend-onednn/bench/engine.mjs";
import { median } from "../../backend-onednn/bench/statistics.mjs";

const { values } = parseArgs({
  options: {
    nets: { type: "string", default: "xception,resnet50,efficientnet-b4" },
    size: { type: "string", default: "256" },
    batch: { type: "string", default: "8" },
    rounds: { type: "string", default: "7" },
    backend: { type: "string", default: "onednn" },
    threads: { type: "string", default: "2" },
  },
});
const [size, batch, rounds, threads] = [values.size, values.batch, values.rounds, values.threads].map(Number);
await useBackend({ backend: values.backend, threads });
const images = tf.randomUniform([batch, size, size, 3], -1, 1, "float32", 1);

function milliseconds(model) {
  const start = performance.now();
  tf.tidy(() => void model.predict(images, { batchSize: batch }).dataSync());
  return performance.now() - start;
}

for (const name of values.nets.split(",")) {
  const backbone = build(name, { inputSize: size });
  const models = [backbone.model, fold(backbone)];
  for (const model of models) milliseconds(model);
  const times = Array.from({ length: rounds }, () => models.map(milliseconds));
  const [built, folded] = [0, 1].map((i) => median(times.map((each) => each[i])));
  const ratio = median(times.map(([a, b]) => a / b));
  console.log(
    `${name}: ${built.toFixed(0)} ms as built, ${folded.toFixed(0)} ms folded: ${ratio.toFixed(2)} times as fast`,
  );
  models[1].dispose();
  backbone.dispose();
}
