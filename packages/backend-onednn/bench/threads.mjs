/**
 * How a training step or inference speeds up from one thread to `--threads` (2):
 *
 *     node bench/threads.mjs [--net …] [--size 256] [--batch 8] [--task training|inference] [--rounds 7] [--threads 2]
 */
import { contest, loadNotice, resultTable } from "./contest.mjs";
import { contestOptions, readOptions } from "./options.mjs";
import { ours } from "./peers.mjs";

const options = readOptions({ ...contestOptions, task: { type: "string", default: "training" } });
const { net, size, batch, task, threads, rounds, steps } = options;
if (task !== "training" && task !== "inference") {
  throw new RangeError(`--task must be training or inference, got ${task}`);
}
const entries = Array.from({ length: threads }, (_, i) => {
  const count = threads - i;
  return ours(task, { ...options, threads: count }, `${count} thread${count > 1 ? "s" : ""}`);
});
console.log(`${net}, ${size} px, batch ${batch}: ${task}, ${rounds} rounds of ${steps}`);
console.log(loadNotice());
const results = await contest(entries, { ...options, log: console.error });
console.log(`\n${resultTable(results, options)}`);
if (results.some(({ failure }) => failure)) process.exitCode = 1;
