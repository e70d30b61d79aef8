/** Command-line options that the benchmarks share. */
import { parseArgs } from "node:util";
import { netNames } from "./nets/index.mjs";

const shared = {
  net: { type: "string", default: "xception" },
  size: { type: "string", default: "256" },
  batch: { type: "string", default: "8" },
  classes: { type: "string", default: "2" },
  threads: { type: "string", default: "2" },
  backend: { type: "string", default: "onednn" },
  bf16: { type: "boolean", default: false },
};
const numbers = { size: 32, batch: 1, classes: 2, threads: 1, rounds: 1, steps: 1, warmup: 1, top: 1 };

/**
 * Reads the shared options and `more` from the command line; whole numbers as such. Throws on anything unknown, and on a net
 * that is none of `nets`.
 */
export function readOptions(more = {}, nets = netNames) {
  const options = { ...parseArgs({ options: { ...shared, ...more } }).values };
  for (const [name, least] of Object.entries(numbers)) {
    if (options[name] === undefined) continue;
    const value = Number(options[name]);
    if (!Number.isInteger(value) || value < least) {
      throw new RangeError(`--${name} must be a whole number, at least ${least}, got ${options[name]}`);
    }
    options[name] = value;
  }
  if (!nets.includes(options.net)) {
    throw new RangeError(`--net must be one of ${nets.join(", ")}, got ${options.net}`);
  }
  return options;
}

/** The options of a contest on top of the shared ones. */
export const contestOptions = {
  rounds: { type: "string", default: "7" },
  steps: { type: "string", default: "3" },
  warmup: { type: "string", default: "2" },
  only: { type: "string" },
};

/** Options as command-line arguments again, those of `names` only. */
export const asArguments = (options, names) =>
  names.flatMap((name) => {
    const value = options[name];
    if (typeof value === "boolean") return value ? [`--${name}`] : [];
    return [`--${name}`, String(value)];
  });
