/** What a step costs by the algorithms' own account: forward-backward passes and parameter-sized buffers. */
import { roga } from "@roga/optimizer";
import { methods } from "./methods.mjs";

const DOMAINS = [1, 2, 4, 8];

const options = [
  ["defaults", {}],
  ["`alpha: 0`", { alpha: 0 }],
  ['`perturbedLoss: "all"`', { perturbedLoss: "all" }],
  ['`perturbedLoss: "all"`, `alpha: 0`', { perturbedLoss: "all", alpha: 0 }],
  ['`ascent: "shared"`', { ascent: "shared" }],
  ['`ascent: "shared"`, `alpha: 0`', { ascent: "shared", alpha: 0 }],
  ['`batchNormPass: "mixed"`', { batchNormPass: "mixed" }],
  ['`batchNormPass: "mixed"`, `ascent: "shared"`', { batchNormPass: "mixed", ascent: "shared" }],
  ["`rho: 0, alpha: 0`", { rho: 0, alpha: 0 }],
];

function row(title, algorithm) {
  const counts = [
    DOMAINS.map((domains) => algorithm.forwardBackwardsPerSample(domains)),
    DOMAINS.map((domains) => algorithm.parameterBuffers(domains)),
  ];
  algorithm.dispose();
  return [title, ...counts.map((values) => values.join(", "))];
}

const head = (what) => {
  const domains = `K = ${DOMAINS.join(", ")}`;
  return [what, `forward-backwards, ${domains}`, `parameter-sized buffers, ${domains}`];
};

/** The rows of the table of RoGA's options. */
export function optionRows() {
  return [head("RoGA"), ...options.map(([title, given]) => row(title, roga(given)))];
}

/** The rows of the table of all algorithms at their defaults. */
export function algorithmRows() {
  return [head("algorithm"), ...methods.map(({ name, make }) => row(`\`${name}\``, make(5)))];
}
