/**
 * Calls every function of the addon on two threads with arguments that fit, in sizes that one thread handles and in sizes
 * that threads share; for tools that watch a process. Every array has memory of its own exactly.
 */
import { loadAddon } from "../../src/load.js";
import { type AddonFunction, exampleCalls, LARGE, SMALL } from "../support/example-calls.js";

const addon = loadAddon();
addon.setThreads(2);
let count = 0;
for (const sizes of [SMALL, LARGE, { n: 1, h: 9, w: 40, c: 16 }]) {
  for (const [name, calls] of Object.entries(exampleCalls(sizes)) as [AddonFunction, unknown[][]][]) {
    for (const args of calls) {
      (addon[name] as (...args: unknown[]) => unknown)(...args);
      count++;
    }
  }
}
console.log(`${count} calls`);
