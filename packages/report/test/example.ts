/** Small hand-made records that the tests share. */

import type { Comparison, DomainResult, LogEntry, MetricInterval, RunResult, ScoreTable } from "../src/index.js";

export const SEEN = ["deepfakes", "face2face", "faceswap", "neuraltextures"];
export const UNSEEN = ["self-blended", "gan-upsampling", "diffusion-like", "celeb-blend"];

function metric(value: number | null, half = 0.03): MetricInterval {
  if (value === null) return { value: null, low: null, high: null };
  return { value, low: Math.max(0, value - half), high: Math.min(1, value + half) };
}

/** A domain whose EER and AP follow from its AUC by simple arithmetic: 1 − AUC, and AUC itself. */
function domain(auc: number | null): DomainResult {
  return {
    auc: metric(auc),
    eer: metric(auc === null ? null : 1 - auc),
    ap: metric(auc),
    fakes: auc === null ? 0 : 120,
    reals: 120,
    videos: 40,
  };
}

export function run(algorithm: string, seed: number, aucs: Record<string, number | null>): RunResult {
  const domains = Object.fromEntries(Object.entries(aucs).map(([name, auc]) => [name, domain(auc)]));
  return { algorithm, seed, domains, seconds: 100 + seed, imagesPerSecond: 30 - seed, selectedEpoch: 5 + seed };
}

export function comparison(runs: RunResult[], sourceDomains: string[], targetDomains: string[]): Comparison {
  return {
    title: "RoGA and ERM on procedural faces",
    createdAt: "2025-11-23T06:40:00.000Z",
    sourceDomains,
    targetDomains,
    runs,
    selection: "highest macro AUC on validation identities of the source domains",
    engine: "tfjs-node 4.22, CPU, 2 threads",
    intervals: "95 % bootstrap over videos",
    notes: ["3 unreadable images were skipped."],
  };
}

/** Four seen and four unseen domains, two algorithms, three seeds. */
export function fullComparison(): Comparison {
  const base: Record<string, number> = {};
  [...SEEN, ...UNSEEN].forEach((name, i) => {
    base[name] = 0.96 - 0.045 * i;
  });
  const runs = [0, 1, 2].flatMap((seed) =>
    ["roga", "erm"].map((algorithm, a) => {
      const aucs = Object.entries(base).map(([name, auc], i) => [
        name,
        auc - 0.02 * a + 0.01 * (((seed * 7 + i * 3 + a) % 5) - 2),
      ]);
      return run(algorithm, seed, Object.fromEntries(aucs));
    }),
  );
  return comparison(runs, SEEN, UNSEEN);
}

/** A score table whose separation shrinks from domain to domain; scores follow fixed low-discrepancy sequences. */
export function scoreTable(name: string, domains: readonly string[], perClass: number): ScoreTable {
  const labels: number[] = [];
  const scores: number[] = [];
  const of: string[] = [];
  domains.forEach((domainName, d) => {
    for (let i = 0; i < 2 * perClass; i++) {
      const label = i % 2;
      const noise = ((i + 1) * 0.6180339887 + d * 0.37) % 1;
      const logit = (label * 2 - 1) * (2.2 - 0.55 * d) + 1.6 * Math.log(noise / (1 - noise));
      labels.push(label);
      scores.push(1 / (1 + Math.exp(-logit)));
      of.push(domainName);
    }
  });
  return { name, labels, scores, domains: of };
}

/** A log of `epochs` epochs of `stepsPerEpoch` steps, with losses falling from domain to domain at different pace. */
export function trainingLog(domains: readonly string[], epochs: number, stepsPerEpoch: number): LogEntry[] {
  const entries: LogEntry[] = [];
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let i = 0; i < stepsPerEpoch; i++, step++) {
      const progress = step / (epochs * stepsPerEpoch);
      const wobble = ((step * 0.7548776662) % 1) - 0.5;
      const losses = domains.map((name, d) => [name, 0.7 * Math.exp(-progress * (4 - 0.7 * d)) + 0.12 * wobble + 0.06]);
      const domainLosses: Record<string, number> = Object.fromEntries(losses);
      const values = Object.values(domainLosses);
      const loss = values.reduce((sum, value) => sum + value, 0) / values.length;
      entries.push({ kind: "step", step: step + 1, loss, domainLosses, imagesPerSecond: 31.5 });
    }
    const aucs = domains.map((name, d): [string, number] => [name, 0.97 - 0.03 * d - 0.4 * Math.exp(-epoch / 2)]);
    const macroAuc = aucs.reduce((sum, [, value]) => sum + value, 0) / aucs.length;
    entries.push({ kind: "validation", epoch: epoch + 1, step, macroAuc, auc: Object.fromEntries(aucs) });
  }
  return entries;
}

/** A log of steps of which every second has diagnostics. */
export function diagnosedLog(domains: readonly string[], steps: number): LogEntry[] {
  const each = (value: (index: number) => number) =>
    Object.fromEntries(domains.map((name, index) => [name, value(index)]));
  return trainingLog(domains, 1, steps).map((entry) => {
    if (entry.kind !== "step" || entry.step % 2 === 0) return entry;
    const cosines = domains.map((name, i) => {
      const others = domains.filter((other) => other !== name);
      return [name, Object.fromEntries(others.map((other, j) => [other, 0.5 - 0.1 * Math.abs(i - j)]))];
    });
    const diagnostics = {
      domainCosines: Object.fromEntries(cosines),
      alignment: 0.9 - 0.01 * entry.step,
      sharpness: each((i) => 0.01 * (i + entry.step)),
    };
    return { ...entry, diagnostics };
  });
}
