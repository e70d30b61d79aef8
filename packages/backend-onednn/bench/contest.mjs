/**
 * Runs contestants against one another. Each is a process of its own that answers a line of JSON with a line of JSON (the
 * protocol of `peers/contestant.py`). Rounds are interleaved, A B C, B C A, …, so that what else the machine does falls on
 * all alike, and whoever waits is stopped (SIGSTOP), so that no idle thread spins beside the one that is measured.
 */
import { spawn } from "node:child_process";
import { availableParallelism, cpus, loadavg } from "node:os";
import { createInterface } from "node:readline";
import { median, short, table } from "./statistics.mjs";

const SIGNALS = ["SIGINT", "SIGTERM"];

class Contestant {
  #child;
  #lines;
  #waiting;

  constructor({ label, command, args, env }) {
    this.label = label;
    this.rounds = [];
    this.#child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#lines.on("line", (line) => this.#waiting?.resolve(line));
    const fail = (error) => {
      this.failure ??= error;
      this.#waiting?.reject(error);
    };
    this.#child.on("error", fail);
    this.#child.on("exit", (code, signal) => fail(new Error(`${label}: ended with ${signal ?? `status ${code}`}`)));
  }

  #line() {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** Waits until the contestant has built its net; resolves to what it says of itself. */
  async ready() {
    const { ready } = JSON.parse(await this.#line());
    this.#child.kill("SIGSTOP");
    return ready;
  }

  async ask(request) {
    if (this.failure) throw this.failure;
    this.#child.kill("SIGCONT");
    const answer = this.#line();
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await answer;
    this.#child.kill("SIGSTOP");
    return JSON.parse(line);
  }

  stop() {
    this.#child.removeAllListeners("exit");
    this.#child.stdin.end();
    this.#child.kill("SIGKILL");
  }
}

/**
 * Runs `rounds` rounds of `steps` steps of every one of `entries` ({label, command, args, env}), after `warmup` steps.
 * Resolves to one result for each: its label, the median step of each round in ms, memory in bytes, and what it said of
 * itself. An entry that cannot run has a `failure` instead.
 */
export async function contest(entries, { rounds, steps, warmup, log = () => {} }) {
  const contestants = [];
  const stop = () => {
    for (const contestant of contestants) contestant.stop();
  };
  // A process that is stopped would outlive an interrupted driver.
  process.once("exit", stop);
  const leave = () => process.exit(1);
  for (const signal of SIGNALS) process.once(signal, leave);
  try {
    for (const entry of entries) {
      const contestant = new Contestant(entry);
      contestants.push(contestant);
      try {
        contestant.about = await contestant.ready();
        const first = await contestant.ask({ steps: 1 });
        contestant.first = first.ms[0];
        contestant.value = first.value;
        if (warmup > 1) await contestant.ask({ steps: warmup - 1 });
      } catch (error) {
        contestant.failure ??= error;
      }
    }
    const running = contestants.filter(({ failure }) => !failure);
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < running.length; i++) {
        const contestant = running[(round + i) % running.length];
        contestant.rounds.push(median((await contestant.ask({ steps })).ms));
      }
      log(`round ${round + 1}: ${running.map((c) => `${c.label} ${short(c.rounds.at(-1))} ms`).join(", ")}`);
    }
    for (const contestant of running) contestant.memory = await contestant.ask({ memory: true });
    return contestants.map(({ label, about, rounds, memory, first, value, failure }) => ({
      label,
      about,
      rounds,
      memory,
      first,
      value,
      failure,
    }));
  } finally {
    stop();
    process.off("exit", stop);
    for (const signal of SIGNALS) process.off(signal, leave);
  }
}

/** The machine, and how busy it has been for the last minute: figures from a busy one are worth little. */
export const loadNotice = () =>
  `${cpus()[0].model.trim()}, ${availableParallelism()} processors, load before the start ${loadavg()[0].toFixed(2)}`;

/**
 * The results as a table: images/s (median, least and most of the rounds), how many times as fast the first one is (the
 * median of the rounds' ratios), the first step, and resident memory at its peak, in all and above what was resident
 * before the net was built.
 */
export function resultTable(results, { batch }) {
  const rate = (ms) => short((1000 * batch) / ms);
  const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
  const [ours] = results;
  const head = [
    "",
    "images/s",
    "least–most",
    "ms",
    "first is … × as fast",
    "first step ms",
    "peak MB",
    "of the net MB",
  ];
  const rows = results.map(({ label, rounds, memory, first, failure }) => {
    if (failure) return [label, "not run", "", "", "", "", "", ""];
    const ratios = ours.failure ? [] : rounds.map((ms, i) => ms / ours.rounds[i]);
    return [
      label,
      rate(median(rounds)),
      `${rate(Math.max(...rounds))}–${rate(Math.min(...rounds))}`,
      short(median(rounds)),
      ratios.length ? median(ratios).toFixed(2) : "–",
      short(first),
      megabytes(memory.peak),
      megabytes(memory.peak - memory.baseline),
    ];
  });
  const notes = results.filter(({ failure }) => failure).map(({ failure }) => `not run: ${failure.message}`);
  return [table([head, ...rows]), ...notes].join("\n");
}
