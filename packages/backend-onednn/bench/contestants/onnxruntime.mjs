/** onnxruntime-node on an ONNX file of the PyTorch net (`peers/export_onnx.py`): the peer of inference. */

import { readOptions } from "../options.mjs";
import { resident, serve } from "./serve.mjs";

// Not a dependency of this package: 290 MB for one column of a table. README.md says how to install it for a run.
const peer = process.env.ONNXRUNTIME_NODE ?? "onnxruntime-node";
const { default: ort } = await import(peer);

const { model, batch, size, threads } = readOptions({ model: { type: "string" } });
const baseline = resident("VmRSS");
const session = await ort.InferenceSession.create(model, {
  executionProviders: ["cpu"],
  graphOptimizationLevel: "all",
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: "sequential",
});
const pixels = Float32Array.from({ length: batch * 3 * size * size }, (_, i) => Math.sin(i));
const images = new ort.Tensor("float32", pixels, [batch, 3, size, size]);

async function step() {
  const { logits } = await session.run({ images });
  return logits.data.reduce((total, logit) => total + logit, 0);
}
await serve({ about: { version: `onnxruntime-node ${ort.env.versions.node}` }, baseline, step });
