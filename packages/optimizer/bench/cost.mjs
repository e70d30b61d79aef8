/**
 * What a step of each algorithm costs over K = 4 domains, beside ERM through the same contract:
 *
 *     node bench/cost.mjs [--net xception|meso4] [--size 128] [--batch 16] [--rounds 3] [--steps 2] [--warmup 2]
 *         [--threads 2] [--backend onednn] [--group 5] [--only sam,roga]
 *
 * Every algorithm is a process of its own. Groups of `--group` run in interleaved rounds, each group with an ERM of its own.
 */
import { contest, loadNotice } from "../../backend-onednn/bench/contest.mjs";
import { contestOptions, readOptions } from "../../backend-onednn/bench/options.mjs";
import { median, short, table } from "../../backend-onednn/bench/statistics.mjs";
import { algorithms, baseline, plain } from "./algorithms.mjs";
import { nets } from "./nets.mjs";
import { DOMAINS, stepOptions, stepsOf } from "./steps.mjs";

const options = readOptions({ ...contestOptions, ...stepOptions, group: { type: "string", default: "5" } }, nets);
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
  const results = await contest(
    [baseline, ...names].map((name) => stepsOf(name, options)),
    { ...options, log: console.error },
  );
  const [reference] = results;
  rows.push(...results.slice(first === 0 ? 0 : 1).map((result) => row(result, reference)));
  for (const { failure } of results) {
    if (!failure) continue;
    console.warn(`not run: ${failure.message}`);
    process.exitCode = 1;
  }
}
console.log(`\n${table(rows)}`);
