/** Whole steps of an algorithm as an entry of a contest. */
import { fileURLToPath } from "node:url";
import { javascript } from "../../backend-onednn/bench/peers.mjs";

/** K: the batch is cut into so many domains of equal size. */
export const DOMAINS = 4;

/** The defaults of the options that steps have. */
export const stepOptions = {
  size: { type: "string", default: "128" },
  batch: { type: "string", default: "16" },
  rounds: { type: "string", default: "3" },
  steps: { type: "string", default: "2" },
};

/** The contestant that takes steps of the algorithm of that name. */
export function stepsOf(name, options) {
  const { batch, warmup } = options;
  if (batch % DOMAINS > 0) throw new RangeError(`--batch must be a multiple of ${DOMAINS}, got ${batch}`);
  const args = ["--algorithm", name, "--domains", String(DOMAINS), "--warmup", String(warmup)];
  return javascript(name, fileURLToPath(new URL("contestants/step.mjs", import.meta.url)), args, options);
}
