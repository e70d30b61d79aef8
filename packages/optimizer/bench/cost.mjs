/**
 * What a step of each algorithm costs over K = 4 domains, beside ERM through the same contract:
 *
 *     node bench/cost.mjs [--net xception|meso4] [--size 128] [--batch 16] [--rounds 5] [--steps 2] [--warmup 3]
 *         [--threads 2] [--backend onednn] [--group 5] [--only sam,roga]
 *
 * Every algorithm is a process of its own. Groups of `--group` run in interleaved rounds, each group with an ERM of its own.
 */
import { fileURLToPath } from "node:url";
import { contest, loadNotice } from "../../backend-onednn/bench/contest.mjs";
import { contestOptions, readOptions } from "../../backend-onednn/bench/options.mjs";
import { javascript } from "../../backend-onednn/bench/peers.mjs";
import { median, short, table } from "../../backend-onednn/bench/statistics.mjs";
import { algorithms, baseline, plain } from "./algorithms.mjs";
import { nets } from "./nets.mjs";

const DOMAINS = 4;
const options = readOptions(
  {
    ...contestOptions,
    size: { type: "string", default: "128" },
    batch: { type: "string", default: "16" },
    rounds: { type: "string", default: "5" },
    steps: { type: "string", default: "2" },
    warmup: { type: "string", default: "3" },
    group: { type: "string", default: "5" },
  },
  nets,
);
if (options.batch % DOMAINS > 0) throw new RangeError(`--batch must be a multiple of ${DOMAINS}, got ${options.batch}`);

const path = fileURLToPath(new URL("contestants/step.mjs", import.meta.url));
const entry = (name) => {
  const args = ["--algorithm", name, "--domains", String(DOMAINS), "--warmup", String(options.warmup)];
  return javascript(name, path, args, options);
};
const wanted = options.only?.toLowerCase().split(",") ?? [""];
const rest = [...Object.keys(algorithms).filter((name) => name !== baseline), plain].filter((name) =>
  wanted.some((part) => name.toLowerCase().includes(part.trim())),
);

const { net, size, batch, rounds, steps, threads, backend } = options;
console.log(`${net}, ${size} px, batch ${batch} in ${DOMAINS} domains, ${threads} threads, ${backend}`);
console.log(`${rounds} rounds of ${steps} steps; ${loadNotice()}`);

const percent = (share) => (share === undefined ? "–" : (100 * share).toFixed(1));
const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
function row({ label, rounds, memory, failure }, reference) {
  if (failure || reference.failure) return [label, "not run", "", "", "", "", "", "", ""];
  return [
    label,
    memory.forwardBackwards ?? "1",
    short(median(rounds)),
    `${short(Math.min(...rounds))}–${short(Math.max(...rounds))}`,
    median(rounds.map((ms, i) => ms / reference.rounds[i])).toFixed(2),
    percent(memory.overhead),
    percent(memory.update),
    megabytes(memory.peak),
    (memory.peak / reference.memory.peak).toFixed(2),
  ];
}
const rows = [["", "passes", "ms", "least–most", "× ERM", "outside passes %", "update %", "peak MB", "× ERM"]];
for (let first = 0; first < rest.length; first += Number(options.group)) {
  const names = rest.slice(first, first + Number(options.group));
  const results = await contest([baseline, ...names].map(entry), { ...options, log: console.error });
  const [reference] = results;
  rows.push(...results.slice(first === 0 ? 0 : 1).map((result) => row(result, reference)));
  for (const { failure } of results) {
    if (!failure) continue;
    console.warn(`not run: ${failure.message}`);
    process.exitCode = 1;
  }
}
console.log(`\n${table(rows)}`);
