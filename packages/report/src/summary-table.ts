/** The comparison as aligned plain text for a terminal: what a person reads when the runs have ended. */

import {
  decimal,
  differenceSentence,
  domainCount,
  duration,
  legendRemark,
  macroSentence,
  missingRemarks,
  NONE,
  seedCount,
  withDeviation,
  withInterval,
} from "./format.js";
import { labelsOf, shorten, visible, width } from "./labels.js";
import type { Comparison } from "./records.js";
import { type DomainGroup, type Summary, summarise } from "./summary.js";

const GAP = "   ";
/** `0.912 [0.880, 0.941]`, then EER and AP. */
const COLUMNS = [20, 5, 5];
const BLOCK = COLUMNS.reduce((sum, column) => sum + column, 2 * (COLUMNS.length - 1));
/** Narrower, and domain names could not be told apart. */
const NARROWEST_DOMAIN = 16;

function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - width(text)));
}

function line(first: string, firstWidth: number, blocks: readonly (readonly string[])[]): string {
  const cells = blocks.map((block) => block.map((cell, i) => pad(cell, COLUMNS[i] ?? 0)).join("  "));
  return [pad(first, firstWidth), ...cells].join(GAP).trimEnd();
}

/** Breaks prose at spaces; further lines are indented below the first. */
function wrap(text: string, limit: number): string[] {
  const indent = text.length - text.trimStart().length;
  const lines: string[] = [];
  let current = " ".repeat(indent);
  for (const word of text.trim().split(/ +/)) {
    const open = current.trim() !== "";
    if (open && width(current) + 1 + width(word) > limit) {
      lines.push(current);
      current = `${" ".repeat(indent + 2)}${word}`;
    } else {
      current += open ? ` ${word}` : word;
    }
  }
  return [...lines, current];
}

function groupLines(
  title: string,
  group: DomainGroup,
  columns: readonly number[],
  labels: Map<string, string>,
  first: number,
): string[] {
  if (group.rows.length === 0) return [title, `  ${NONE} no such domain`];
  const rows = group.rows.map(({ domain, cells }) =>
    line(
      `  ${labels.get(domain)}`,
      first,
      columns.map((i) => [withInterval(cells[i]!), decimal(cells[i]?.eer?.mean), decimal(cells[i]?.ap?.mean)]),
    ),
  );
  const macro = line(
    `  mean of ${group.entered.length}`,
    first,
    columns.map((i) => {
      const { auc, eer, ap } = group.macro[i]!;
      return [withDeviation(auc), decimal(eer?.mean), decimal(ap?.mean)];
    }),
  );
  return [title, ...rows, macro];
}

function tableLines(summary: Summary, limit: number): string[] {
  const perBlock = Math.max(1, Math.floor((limit - NARROWEST_DOMAIN) / (BLOCK + GAP.length)));
  const names = [...summary.seen.rows, ...summary.unseen.rows].map((row) => row.domain);
  const lines: string[] = [];
  for (let start = 0; start < summary.algorithms.length; start += perBlock) {
    const algorithms = summary.algorithms.slice(start, start + perBlock);
    const columns = algorithms.map((_, i) => start + i);
    const room = Math.max(NARROWEST_DOMAIN, limit - columns.length * (BLOCK + GAP.length));
    const labels = labelsOf(names, room - 2);
    const first = Math.max(NARROWEST_DOMAIN, ...[...labels.values()].map((label) => width(label) + 2));
    const heads = algorithms.map(({ name, seeds }) => {
      const count = ` (${seedCount(seeds.length)})`;
      return pad(shorten(visible(name), BLOCK - count.length) + count, BLOCK);
    });
    lines.push(
      [pad("", first), ...heads].join(GAP).trimEnd(),
      line(
        "Domain",
        first,
        columns.map(() => ["AUC [low, high]", "EER", "AP"]),
      ),
      ...groupLines("seen in training", summary.seen, columns, labels, first),
      ...groupLines("never seen", summary.unseen, columns, labels, first),
      "",
    );
  }
  return lines;
}

/**
 * The comparison as text, without colour codes.
 *
 * A row a domain, seen domains first; for each algorithm AUC with its interval, EER and AP; the means over seen and over
 * unseen domains; the paired differences, the cost, and what the numbers rest on. Algorithms that do not fit side by
 * side follow in a further table.
 * @param options.width columns to fit into, default 100 (one algorithm needs 53)
 * @throws ReportError if the comparison is malformed
 */
export function summaryTable(comparison: Comparison, options: { width?: number } = {}): string {
  const limit = options.width ?? 100;
  const summary = summarise(comparison);
  if (summary.algorithms.length === 0) return `${visible(comparison.title)}: no run to compare.\n`;
  const { algorithms, unseen, differences } = summary;
  const nameWidth = Math.max(...algorithms.map(({ name }) => width(visible(name))));
  const named = (name: string, text: string) => `  ${pad(visible(name), nameWidth)}  ${text}`;
  const prose = [
    `Mean AUC over ${domainCount(unseen.entered.length, "unseen")}`,
    ...unseen.macro.map((cell, i) => named(algorithms[i]!.name, macroSentence(cell))),
    ...differences.map((difference) => `  ${differenceSentence(difference)}, paired by seed`),
    "",
    "Cost of a training run, mean over seeds",
    ...algorithms.map(({ name, seconds, imagesPerSecond }) =>
      named(name, `${duration(seconds.mean)}, ${imagesPerSecond.mean.toFixed(1)} images/s`),
    ),
    "",
    legendRemark(summary, comparison.intervals),
    ...missingRemarks(summary),
    `Epoch selected by: ${visible(comparison.selection)}. Engine: ${visible(comparison.engine)}.`,
    ...comparison.notes.map((note) => `Note: ${visible(note)}`),
  ];
  const wrapped = prose.flatMap((text) => (width(text) > limit ? wrap(text, limit) : [text]));
  return `${[...tableLines(summary, limit), ...wrapped].join("\n")}\n`;
}
