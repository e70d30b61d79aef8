/** A contestant's side of the protocol (see `peers/contestant.py`), for contestants that are JavaScript. */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** A field of this process' memory status, in bytes: VmRSS (now) or VmHWM (at most so far). */
export function resident(field) {
  const found = readFileSync("/proc/self/status", "utf8").match(new RegExp(`^${field}:\\s+(\\d+) kB`, "m"));
  if (!found) throw new Error(`/proc/self/status has no ${field}`);
  return Number(found[1]) * 1024;
}

/**
 * Says that the contestant is ready and what it is (`about`), then answers until its input ends. `step` runs one step to
 * its end and returns, or resolves to, a number that depends on all of it; `baseline` is what was resident before. What
 * `account` returns or resolves to at the end, if there is one, is part of the answer about memory.
 */
export async function serve({ about, baseline, step, account = () => ({}) }) {
  const answer = (object) => process.stdout.write(`${JSON.stringify(object)}\n`);
  answer({ ready: about });
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    if (request.memory) {
      answer({ baseline, peak: resident("VmHWM"), ...(await account()) });
      continue;
    }
    const ms = [];
    let value;
    for (let i = 0; i < request.steps; i++) {
      const start = performance.now();
      value = await step();
      ms.push(performance.now() - start);
    }
    answer({ ms, value });
  }
}
