/**
 * Training steps (forward, cross-entropy, backward, SGD with momentum) and inference of every network through the ordinary
 * TensorFlow.js API, beside eager PyTorch in each of its modes, network by network in interleaved rounds:
 *
 *     node bench/speed.mjs [--task training,inference] [--nets xception,efficientnet-b4] [--size 256] [--batch 8] [--rounds 5]
 *         [--steps 3] [--warmup 2] [--threads 2] [--backend onednn] [--only channels_last,tcmalloc]
 *
 * Inference is that of the form with folded batch norms, and of the model as it is built, which is what PyTorch runs. Both
 * sides are checked to have as many parameters. The last lines are tables in Markdown.
 */
import { fileURLToPath } from "node:url";
import { backbones } from "@roga/backbones";
import { contest, loadNotice, resultTable } from "../../backend-onednn/bench/contest.mjs";
import { contestOptions, readOptions } from "../../backend-onednn/bench/options.mjs";
import { javascript, pytorchModes, selected } from "../../backend-onednn/bench/peers.mjs";
import { median, short } from "../../backend-onednn/bench/statistics.mjs";
import { markdown } from "./tables.mjs";

const known = backbones.map(({ name }) => name);
const options = readOptions(
  {
    ...contestOptions,
    rounds: { type: "string", default: "5" },
    task: { type: "string", default: "training,inference" },
    nets: { type: "string", default: known.join(",") },
  },
  ["xception"],
);
/** Some of a list, as an option names them. */
function chosen(option, all) {
  const names = options[option].split(",");
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0)
    throw new RangeError(`--${option}: expected some of ${all.join(", ")}, got ${unknown.join(", ")}`);
  return names;
}
const tasks = chosen("task", ["training", "inference"]);
const nets = chosen("nets", known);

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const folders = ["../../backend-onednn/bench/peers", "../../../tools/reference-fixtures/backbones"].map(path);

function entries(task, net) {
  const settings = { ...options, net };
  const own = (label, form) => javascript(label, path("contestants/backbone.mjs"), ["--task", form], settings);
  const ours =
    task === "training" ? [own("ours", "training")] : [own("ours", "folded"), own("ours unfolded", "inference")];
  return [...ours, ...pytorchModes(path("peers/backbones.py"), [...folders, "--task", task], settings)];
}

const { size, batch, threads, rounds, steps } = options;
console.log(`${size} px, batch ${batch}, ${threads} threads, ${options.backend}; ${rounds} rounds of ${steps}`);
console.log(loadNotice());
const tables = [];
for (const task of tasks) {
  const rows = [];
  for (const net of nets) {
    const results = await contest(selected(entries(task, net), options.only), { ...options, log: console.error });
    console.log(`\n${net}: ${task}\n${resultTable(results, options)}`);
    const ran = results.filter(({ failure }) => !failure);
    if (ran.length < results.length) process.exitCode = 1;
    const counts = new Set(ran.map(({ about }) => about.parameters));
    if (counts.size > 1) throw new Error(`${net}: parameters differ: ${[...counts].join(", ")}`);
    const [own, ...peers] = results;
    const rate = ({ failure, rounds }) => (failure ? "–" : short((1000 * batch) / median(rounds)));
    const leads = peers.filter(({ label, failure }) => label.startsWith("PyTorch") && !failure && !own.failure);
    const lead = leads.map(({ rounds }) => median(rounds.map((ms, i) => ms / own.rounds[i])));
    const least = lead.length > 0 ? Math.min(...lead).toFixed(2) : "–";
    rows.push([
      ["network", ...results.map(({ label }) => label), "× the best PyTorch"],
      [net, ...results.map(rate), least],
    ]);
  }
  tables.push(`${task}, images/s\n\n${markdown([rows[0][0], ...rows.map(([, row]) => row)])}`);
}
console.log(`\n${tables.join("\n\n")}`);
