/**
 * The numbers of a comparison, as every table, plot and sentence of the report states them: means over seeds with their
 * spread, macro averages over domains, and differences paired by seed. Nothing here formats or draws.
 */

import { checkComparison } from "./check.js";
import type { Comparison, DomainResult, RunResult } from "./records.js";
import { type Spread, spread } from "./statistics.js";

/** One value of one run. */
export interface SeedValue {
  /** Seed of the run. */
  seed: number;
  /** The value. */
  value: number;
}

/** One algorithm on one domain, over its seeds. */
export interface DomainCell {
  /** AUC over the seeds where it is defined. */
  auc: Spread | null;
  /** EER over the seeds where it is defined. */
  eer: Spread | null;
  /** Average precision over the seeds where it is defined. */
  ap: Spread | null;
  /** Lowest lower bound of the seeds' AUC intervals. */
  low: number | null;
  /** Highest upper bound of the seeds' AUC intervals. */
  high: number | null;
  /** The AUC of each seed where it is defined. */
  seeds: SeedValue[];
  /** Why values are missing, or `null` if none is. */
  missing: string | null;
}

/** One domain, with a cell for each algorithm. */
export interface DomainRow {
  /** Name of the domain. */
  domain: string;
  /** One cell an algorithm, in the order of `Summary.algorithms`. */
  cells: DomainCell[];
}

/** One algorithm's mean over domains, over its seeds. */
export interface MacroCell {
  /** Mean AUC over the domains that entered. */
  auc: Spread | null;
  /** Mean EER over the domains that entered. */
  eer: Spread | null;
  /** Mean average precision over the domains that entered. */
  ap: Spread | null;
  /** The mean AUC of each seed. */
  seeds: SeedValue[];
}

/** The seen or the unseen domains. */
export interface DomainGroup {
  /** One row a domain. */
  rows: DomainRow[];
  /** The domains that entered the macro averages: those with every metric defined in every run. */
  entered: string[];
  /** The domains that did not. */
  leftOut: string[];
  /** Macro averages, one cell an algorithm. */
  macro: MacroCell[];
}

/** Difference in mean AUC over unseen domains between two algorithms, paired by seed. */
export interface PairedDifference {
  /** The algorithm whose AUC is counted positive. */
  algorithm: string;
  /** The algorithm that it is compared with. */
  baseline: string;
  /** The difference under each seed that both ran with. */
  seeds: SeedValue[];
  /** The differences summarised, or `null` if the two share no seed or no unseen domain entered. */
  difference: Spread | null;
  /** Under how many seeds the difference is above zero. */
  higher: number;
}

/** One algorithm's place in the comparison. */
export interface AlgorithmSummary {
  /** Name. */
  name: string;
  /** Its seeds, in the order of its runs. */
  seeds: number[];
  /** Training time of a run, in seconds. */
  seconds: Spread;
  /** Training throughput, in images a second. */
  imagesPerSecond: Spread;
}

/** Everything that the report states about a comparison. */
export interface Summary {
  /** The algorithms, in the order of their first run. */
  algorithms: AlgorithmSummary[];
  /** Domains trained on. */
  seen: DomainGroup;
  /** Domains never trained on. */
  unseen: DomainGroup;
  /** Every algorithm against the baseline `erm`; empty if no algorithm has that name. */
  differences: PairedDifference[];
}

function defined(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

function complete(result: DomainResult): boolean {
  return result.auc.value !== null && result.eer.value !== null && result.ap.value !== null;
}

function whyMissing(results: readonly DomainResult[]): string | null {
  const incomplete = results.filter((result) => !complete(result));
  const first = incomplete[0];
  if (first === undefined) {
    return results.some(({ auc }) => auc.low === null || auc.high === null) ? "an interval was not computed" : null;
  }
  const where = results.length > 1 ? ` in ${incomplete.length} of ${results.length} seeds` : "";
  const why =
    first.fakes === 0 || first.reals === 0
      ? `only one class: ${first.fakes} fakes, ${first.reals} reals`
      : "the run recorded no value";
  return `${why}${where}`;
}

function domainCell(domain: string, runs: readonly RunResult[]): DomainCell {
  const results = runs.flatMap((run) => run.domains[domain] ?? []);
  const lows = defined(results.map((result) => result.auc.low));
  const highs = defined(results.map((result) => result.auc.high));
  return {
    auc: spread(defined(results.map((result) => result.auc.value))),
    eer: spread(defined(results.map((result) => result.eer.value))),
    ap: spread(defined(results.map((result) => result.ap.value))),
    low: lows.length > 0 ? Math.min(...lows) : null,
    high: highs.length > 0 ? Math.max(...highs) : null,
    seeds: runs.flatMap((run) => {
      const value = run.domains[domain]?.auc.value ?? null;
      return value === null ? [] : [{ seed: run.seed, value }];
    }),
    missing: whyMissing(results),
  };
}

function macroCell(domains: readonly string[], runs: readonly RunResult[]): MacroCell {
  const means = (metric: "auc" | "eer" | "ap"): SeedValue[] =>
    runs.flatMap(({ seed, domains: results }) => {
      const mean = spread(defined(domains.map((domain) => results[domain]?.[metric].value ?? null)))?.mean;
      return mean === undefined ? [] : [{ seed, value: mean }];
    });
  const over = (values: readonly SeedValue[]) => spread(values.map(({ value }) => value));
  const seeds = means("auc");
  return { auc: over(seeds), eer: over(means("eer")), ap: over(means("ap")), seeds };
}

function domainGroup(domains: readonly string[], groups: readonly RunResult[][]): DomainGroup {
  const runs = groups.flat();
  const entered = domains.filter((domain) =>
    runs.every((run) => {
      const result = run.domains[domain];
      return result !== undefined && complete(result);
    }),
  );
  return {
    rows: domains.map((domain) => ({ domain, cells: groups.map((group) => domainCell(domain, group)) })),
    entered,
    leftOut: domains.filter((domain) => !entered.includes(domain)),
    macro: groups.map((group) => macroCell(entered, group)),
  };
}

function pairedDifference(
  [algorithm, candidate]: readonly [string, MacroCell],
  [baseline, reference]: readonly [string, MacroCell],
): PairedDifference {
  const seeds = candidate.seeds.flatMap(({ seed, value }) => {
    const other = reference.seeds.find((entry) => entry.seed === seed);
    return other === undefined ? [] : [{ seed, value: value - other.value }];
  });
  const values = seeds.map(({ value }) => value);
  return {
    algorithm,
    baseline,
    seeds,
    difference: spread(values),
    higher: values.filter((value) => value > 0).length,
  };
}

/**
 * Computes the numbers of a comparison.
 *
 * A macro average covers the domains whose metrics are defined in every run of every algorithm, so that all its means
 * are over the same domains; `DomainGroup.leftOut` names the others.
 * @throws ReportError if the comparison is malformed
 */
export function summarise(comparison: Comparison): Summary {
  checkComparison(comparison);
  const names = [...new Set(comparison.runs.map((run) => run.algorithm))];
  const groups = names.map((name) => comparison.runs.filter((run) => run.algorithm === name));
  const unseen = domainGroup(comparison.targetDomains, groups);
  const cells = unseen.macro.map((cell, i) => [names[i]!, cell] as const);
  const baseline = cells.find(([name]) => name.toLowerCase() === "erm");
  return {
    // Each group holds at least the run that named it, so its spreads exist.
    algorithms: groups.map((runs, i) => ({
      name: names[i]!,
      seeds: runs.map((run) => run.seed),
      seconds: spread(runs.map((run) => run.seconds))!,
      imagesPerSecond: spread(runs.map((run) => run.imagesPerSecond))!,
    })),
    seen: domainGroup(comparison.sourceDomains, groups),
    unseen,
    differences:
      baseline === undefined ? [] : cells.filter((c) => c !== baseline).map((c) => pairedDifference(c, baseline)),
  };
}
