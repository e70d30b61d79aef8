/**
 * The same RoGA (K = 4, "own") and ERM in ours and in eager PyTorch in each of its modes, in interleaved rounds, beside plain
 * training on the joint batch:
 *
 *     node bench/pytorch.mjs [--net xception] [--size 128] [--batch 16] [--rounds 3] [--steps 2] [--warmup 2] [--threads 2]
 *         [--backend onednn] [--only channels_last,tcmalloc] [--algorithms plain,erm,roga,alpha0]
 */
import { fileURLToPath } from "node:url";
import { contest, loadNotice, resultTable } from "../../backend-onednn/bench/contest.mjs";
import { contestOptions, readOptions } from "../../backend-onednn/bench/options.mjs";
import { ours, pytorch, pytorchModes, selected } from "../../backend-onednn/bench/peers.mjs";
import { median, table } from "../../backend-onednn/bench/statistics.mjs";
import { DOMAINS, stepOptions, stepsOf } from "./steps.mjs";

const options = readOptions(
  { ...contestOptions, ...stepOptions, algorithms: { type: "string", default: "plain,erm,roga,alpha0" } },
  ["xception"],
);
const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const peer = (...args) => {
  const folder = path("../../backend-onednn/bench/peers");
  return pytorchModes(path("peers/roga.py"), [folder, ...args, "--domains", String(DOMAINS)], options);
};
const contests = {
  plain: ["plain training on the joint batch", () => [ours("training", options), ...pytorch("training", options)]],
  erm: ["ERM", () => [stepsOf("ERM", options), ...peer("--algorithm", "erm")]],
  roga: ["RoGA, α = 2e-4", () => [stepsOf("RoGA own", options), ...peer("--algorithm", "roga")]],
  alpha0: ["RoGA, α = 0", () => [stepsOf("RoGA own, α = 0", options), ...peer("--algorithm", "roga", "--alpha", "0")]],
};
const names = options.algorithms.split(",");
const unknown = names.filter((name) => contests[name] === undefined);
if (unknown.length > 0) throw new RangeError(`--algorithms: expected some of ${Object.keys(contests)}, got ${unknown}`);

const { net, size, batch, threads, rounds, steps } = options;
console.log(
  `${net}, ${size} px, batch ${batch} in ${DOMAINS} domains, ${threads} threads; ${rounds} rounds of ${steps}`,
);
console.log(loadNotice());
const leads = [];
for (const name of names) {
  const [title, entries] = contests[name];
  const results = await contest(selected(entries(), options.only), { ...options, log: console.error });
  console.log(`\n${title}\n${resultTable(results, options)}`);
  const [own, ...peers] = results;
  const lead = ({ failure, rounds }) =>
    failure || own.failure ? "–" : median(rounds.map((ms, i) => ms / own.rounds[i])).toFixed(2);
  leads.push({ title, peers: peers.map((result) => [result.label, lead(result)]) });
  if (results.some(({ failure }) => failure)) process.exitCode = 1;
}
const [{ peers }] = leads;
const rows = leads.map(({ title, peers }) => [title, ...peers.map(([, lead]) => lead)]);
console.log(`\nours is … × as fast as\n${table([["", ...peers.map(([label]) => label)], ...rows])}`);
