/** Checks of records before anything is drawn from them, so that a malformed record is named and never half drawn. */

import { ReportError } from "./errors.js";
import { visible } from "./labels.js";
import type { Comparison, DomainResult, MetricInterval, RunResult, ScoreTable } from "./records.js";

function quoted(name: string): string {
  return `"${visible(name)}"`;
}

function demandUnit(path: string, value: number | null): void {
  if (value !== null && !(value >= 0 && value <= 1)) {
    throw new ReportError(path, `expected a number in 0…1 or null, got ${value}`);
  }
}

function demandAtLeastZero(path: string, value: number): void {
  if (!(Number.isFinite(value) && value >= 0)) {
    throw new ReportError(path, `expected a finite number of at least 0, got ${value}`);
  }
}

function checkMetric(path: string, metric: MetricInterval): void {
  demandUnit(`${path}.value`, metric.value);
  demandUnit(`${path}.low`, metric.low);
  demandUnit(`${path}.high`, metric.high);
  if (metric.low !== null && metric.high !== null && metric.low > metric.high) {
    throw new ReportError(path, `expected low ≤ high, got [${metric.low}, ${metric.high}]`);
  }
}

function checkDomain(path: string, domain: DomainResult): void {
  checkMetric(`${path}.auc`, domain.auc);
  checkMetric(`${path}.eer`, domain.eer);
  checkMetric(`${path}.ap`, domain.ap);
  for (const count of ["fakes", "reals", "videos"] as const) demandAtLeastZero(`${path}.${count}`, domain[count]);
}

function checkRun(path: string, run: RunResult, domains: readonly string[]): void {
  demandAtLeastZero(`${path}.seconds`, run.seconds);
  demandAtLeastZero(`${path}.imagesPerSecond`, run.imagesPerSecond);
  demandAtLeastZero(`${path}.selectedEpoch`, run.selectedEpoch);
  for (const name of domains) {
    const result = Object.hasOwn(run.domains, name) ? run.domains[name] : undefined;
    if (result === undefined) {
      throw new ReportError(`${path}.domains`, `expected a result for every domain, got none for ${quoted(name)}`);
    }
    checkDomain(`${path}.domains.${visible(name)}`, result);
  }
  const extra = Object.keys(run.domains).find((name) => !domains.includes(name));
  if (extra !== undefined) {
    throw new ReportError(
      `${path}.domains`,
      `expected only source and target domains, got ${quoted(extra)}, which is neither`,
    );
  }
}

function checkSameImages(name: string, i: number, result?: DomainResult, first?: DomainResult): void {
  for (const count of ["fakes", "reals", "videos"] as const) {
    if (result?.[count] !== first?.[count]) {
      throw new ReportError(
        `runs[${i}].domains.${visible(name)}.${count}`,
        `expected every run to be tested on the same images, got ${result?.[count]} where runs[0] has ${first?.[count]}`,
      );
    }
  }
}

/**
 * @throws ReportError if a domain is listed twice, a run is repeated, runs were tested on different images, or a run's
 * results are incomplete or out of range
 */
export function checkComparison(comparison: Comparison): void {
  const domains = [...comparison.sourceDomains, ...comparison.targetDomains];
  const twice = domains.find((name, i) => domains.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new ReportError("sourceDomains, targetDomains", `expected each domain once, got ${quoted(twice)} twice`);
  }
  const keys = new Set<string>();
  comparison.runs.forEach((run, i) => {
    const key = JSON.stringify([run.algorithm, run.seed]);
    if (keys.has(key)) {
      throw new ReportError(
        `runs[${i}]`,
        `expected one run per algorithm and seed, got ${quoted(run.algorithm)} with seed ${run.seed} twice`,
      );
    }
    keys.add(key);
    checkRun(`runs[${i}]`, run, domains);
    for (const name of domains) checkSameImages(name, i, run.domains[name], comparison.runs[0]?.domains[name]);
  });
}

/** @throws ReportError if the columns differ in length, a label is neither 0 nor 1, or a score is outside 0…1 */
export function checkScoreTable(table: ScoreTable): void {
  const path = `table ${quoted(table.name)}`;
  const { labels, scores, domains } = table;
  if (labels.length !== scores.length || labels.length !== domains.length) {
    throw new ReportError(
      path,
      `expected columns of one length, got ${labels.length} labels, ${scores.length} scores, ${domains.length} domains`,
    );
  }
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (label !== 0 && label !== 1) {
      throw new ReportError(`${path}: labels[${i}]`, `expected 0 (real) or 1 (fake), got ${label}`);
    }
    const score = scores[i] ?? Number.NaN;
    if (!(score >= 0 && score <= 1)) {
      throw new ReportError(`${path}: scores[${i}]`, `expected a probability in 0…1, got ${score}`);
    }
  }
}
