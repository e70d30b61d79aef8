/** How numbers and the remarks about them are written, the same in terminal and HTML. */

import { visible } from "./labels.js";
import type { Spread } from "./statistics.js";
import type { DomainCell, DomainGroup, MacroCell, PairedDifference, Summary } from "./summary.js";

/** What stands for a value that does not exist. */
export const NONE = "–";

/** Three decimals, or a dash. */
export function decimal(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : value.toFixed(3);
}

/** Three decimals with a sign. */
function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}

/** `mean [low, high]` of a domain's AUC. */
export function withInterval(cell: DomainCell): string {
  if (cell.auc === null) return NONE;
  return `${decimal(cell.auc.mean)} [${decimal(cell.low)}, ${decimal(cell.high)}]`;
}

/** `mean ± deviation`, or the mean alone where one seed gives no deviation. */
export function withDeviation(value: Spread | null): string {
  if (value === null) return NONE;
  return value.deviation === null ? decimal(value.mean) : `${decimal(value.mean)} ± ${decimal(value.deviation)}`;
}

/** `1 seed` or `n seeds`. */
export function seedCount(count: number): string {
  return count === 1 ? "1 seed" : `${count} seeds`;
}

/** `1 domain` or `n domains`, with what kind they are. */
export function domainCount(count: number, kind: string): string {
  return `${count} ${kind} domain${count === 1 ? "" : "s"}`;
}

/** A duration in the unit that reads best. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** The mean over domains of one algorithm with its spread over seeds, in words. */
export function macroSentence(cell: MacroCell): string {
  const { auc } = cell;
  if (auc === null) return NONE;
  const seeds = cell.seeds.map(({ seed }) => seed).join(", ");
  if (auc.deviation === null) return `${decimal(auc.mean)} (1 seed: ${seeds}; no spread can be stated)`;
  return `${withDeviation(auc)} (min ${decimal(auc.min)}, max ${decimal(auc.max)}; ${auc.count} seeds: ${seeds})`;
}

/** A paired difference in words. */
export function differenceSentence({ difference, seeds, higher, algorithm, baseline }: PairedDifference): string {
  const pair = `${visible(algorithm)} − ${visible(baseline)}`;
  if (difference === null) return `${pair}: ${NONE} (no seed ran with both, or no unseen domain has every metric)`;
  if (difference.deviation === null) {
    return `${pair}: ${signed(difference.mean)} (1 seed in common: ${seeds[0]?.seed}; no spread can be stated)`;
  }
  const range = `min ${signed(difference.min)}, max ${signed(difference.max)}`;
  return `${pair}: ${signed(difference.mean)} ± ${decimal(difference.deviation)} (${range}; above zero in ${higher} of ${seeds.length} seeds)`;
}

/** Why values are missing, one line a domain and reason. */
export function missingRemarks(summary: Summary): string[] {
  const lines = [...summary.seen.rows, ...summary.unseen.rows].flatMap(({ domain, cells }) => {
    const reasons = cells.map(({ missing }) => missing);
    const same = reasons.every((reason) => reason === reasons[0]);
    return reasons.flatMap((reason, i) => {
      if (reason === null || (same && i > 0)) return [];
      const who = same ? "" : `, ${visible(summary.algorithms[i]?.name ?? "")}`;
      return [`${NONE} ${visible(domain)}${who}: ${reason}`];
    });
  });
  return [...lines, ...leftOutRemark("seen", summary.seen), ...leftOutRemark("unseen", summary.unseen)];
}

function leftOutRemark(kind: string, { leftOut }: DomainGroup): string[] {
  if (leftOut.length === 0) return [];
  return [`The means over ${kind} domains leave out ${leftOut.map(visible).join(", ")}, in every run alike.`];
}

/** What the brackets and ± of the tables mean. */
export function legendRemark(summary: Summary, intervals: string | undefined): string {
  const several = summary.algorithms.some(({ seeds }) => seeds.length > 1);
  const kind = intervals === undefined ? "" : ` (${visible(intervals)})`;
  return several
    ? `A domain's value is the mean over seeds; its brackets run from the lowest to the highest bound of the seeds' intervals${kind}. ± is the sample standard deviation over seeds.`
    : `Brackets are the interval${kind}. One seed: no spread over seeds can be stated.`;
}
