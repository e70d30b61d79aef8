/**
 * Inference through `model.predict` of the folded net, beside onnxruntime-node on the same net and eager PyTorch, in
 * interleaved rounds:
 *
 *     node bench/inference.mjs [--net …] [--size 256] [--batch 8] [--rounds 7] [--steps 5] [--threads 2] [--bf16] [--only …]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { contest, loadNotice, resultTable } from "./contest.mjs";
import { contestOptions, readOptions } from "./options.mjs";
import { onnxruntime, ours, pytorch, selected } from "./peers.mjs";

const options = readOptions({ ...contestOptions, steps: { type: "string", default: "5" } });
const { net, size, batch, threads, rounds, steps } = options;
const folder = mkdtempSync(`${tmpdir()}/roga-bench-`);
try {
  const all = [ours("inference", options), onnxruntime(options, folder), ...pytorch("inference", options)];
  console.log(`${net}, ${size} px, batch ${batch}, ${threads} threads: inference, ${rounds} rounds of ${steps}`);
  console.log(loadNotice());
  const results = await contest(selected(all, options.only), { ...options, log: console.error });
  console.log(`\n${resultTable(results, options)}`);
  if (results.some(({ failure }) => failure)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
