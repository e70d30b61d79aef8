/**
 * AUC of every algorithm on every domain, seen domains above, unseen below: the one picture of a comparison. A large
 * mark is the mean over seeds, small marks are the seeds, the line is the interval as the tables state it.
 */

import type { TopLevelSpec } from "vega-lite";
import { ReportError } from "../errors.js";
import { labelsOf, width } from "../labels.js";
import type { Comparison } from "../records.js";
import { type DomainGroup, type Summary, summarise } from "../summary.js";
import { INK, seriesColours, seriesShapes } from "./palette.js";
import { type Panel, render, TENTHS_FORMAT } from "./render.js";

/** One algorithm on one row of the chart. */
export interface AucMark {
  /** Label of the row: a domain, or the mean over the group. */
  row: string;
  /** Label of the algorithm. */
  algorithm: string;
  /** Mean AUC over seeds, or `null` if undefined. */
  auc: number | null;
  /** Left end of the line, or `null` for none. */
  low: number | null;
  /** Right end of the line, or `null` for none. */
  high: number | null;
  /** AUC of each seed, empty if there is only one. */
  seeds: number[];
  /** What to write where there is no AUC, unless the algorithm before says the same. */
  missing: string | null;
}

function meanLabel(group: DomainGroup): string {
  return `mean of ${group.entered.length}`;
}

/** The marks of one group of domains, from top to bottom. The last row is the mean over the group, without a line. */
export function aucMarks(group: DomainGroup, algorithms: readonly string[], labels: Map<string, string>): AucMark[] {
  const several = (seeds: readonly { value: number }[]) => (seeds.length > 1 ? seeds.map(({ value }) => value) : []);
  const rows = group.rows.flatMap(({ domain, cells }) =>
    cells.map((cell, i) => ({
      row: labels.get(domain)!,
      algorithm: algorithms[i]!,
      auc: cell.auc?.mean ?? null,
      low: cell.low,
      high: cell.high,
      seeds: several(cell.seeds),
      missing: cell.auc === null && cell.missing !== cells[i - 1]?.missing ? `– ${cell.missing}` : null,
    })),
  );
  if (group.entered.length < 2) return rows;
  const means = group.macro.map((cell, i) => ({
    row: meanLabel(group),
    algorithm: algorithms[i]!,
    auc: cell.auc?.mean ?? null,
    low: null,
    high: null,
    seeds: several(cell.seeds),
    missing: null,
  }));
  return [...rows, ...means];
}

/** Left end of the AUC axis: 0.45, or lower in steps of 0.05 if something lies lower. */
export function aucAxisStart(marks: readonly AucMark[]): number {
  const values = marks.flatMap(({ auc, low, seeds }) => [auc, low, ...seeds].filter((value) => value !== null));
  return Math.max(0, Math.min(0.45, Math.floor((Math.min(1, ...values) - 0.005) * 20) / 20));
}

/** Height of one algorithm's marks, and the space between two domains, in pixels. */
const BAND = 14;
const BETWEEN = 10;
const TENTHS = Array.from({ length: 11 }, (_, i) => i / 10);

function panel(
  title: string,
  marks: readonly AucMark[],
  algorithms: readonly string[],
  from: number,
  margin: number,
): Panel {
  const rows = [...new Set(marks.map(({ row }) => row))];
  const names = [...algorithms];
  const step = names.length * BAND + BETWEEN;
  const nominal = "nominal" as const;
  const y = {
    field: "row",
    type: nominal,
    scale: { domain: rows, paddingInner: BETWEEN / step, paddingOuter: BETWEEN / step },
    axis: { title: null, ticks: false, domain: false, minExtent: margin, maxExtent: margin, labelPadding: 8 },
  };
  const yOffset = { field: "algorithm", type: nominal, scale: { domain: names } };
  const axis = { values: TENTHS.filter((value) => value >= from), ...TENTHS_FORMAT };
  const x = {
    type: "quantitative" as const,
    scale: { domain: [from, 1], zero: false, nice: false },
    title: "AUC (dashed: 0.5, chance)",
    axis,
  };
  const legend = { title: null, orient: "top" as const, symbolSize: 90, symbolOpacity: 1 };
  const color = {
    field: "algorithm",
    type: nominal,
    scale: { domain: names, range: seriesColours(names.length) },
    legend,
  };
  const shape = { ...color, scale: { domain: names, range: seriesShapes(names.length) } };
  const seeds = marks.flatMap(({ row, algorithm, seeds: values }) =>
    values.map((value) => ({ row, algorithm, value })),
  );
  return {
    title,
    width: 560,
    height: Math.max(1, rows.length) * step + BETWEEN,
    encoding: { y, yOffset },
    layer: [
      {
        data: { values: [{ chance: 0.5 }] },
        mark: { type: "rule", strokeDash: [3, 3], color: INK.muted.light },
        encoding: { x: { ...x, field: "chance" }, y: { value: 0 }, y2: { value: "height" }, yOffset: { value: 0 } },
      },
      {
        data: { values: marks.filter(({ low, high }) => low !== null && high !== null) },
        mark: { type: "rule", strokeWidth: 2, opacity: 0.55 },
        encoding: { x: { ...x, field: "low" }, x2: { field: "high" }, color },
      },
      {
        data: { values: seeds },
        mark: { type: "point", filled: true, size: 16, opacity: 0.8 },
        encoding: { x: { ...x, field: "value" }, color },
      },
      {
        data: { values: marks.filter(({ auc }) => auc !== null) },
        mark: { type: "point", filled: true, size: 90, opacity: 1 },
        encoding: { x: { ...x, field: "auc" }, color, shape },
      },
      {
        data: { values: marks.filter(({ missing }) => missing !== null) },
        mark: { type: "text", align: "left", dx: 4, baseline: "middle", fontSize: 11 },
        encoding: { x: { ...x, datum: from }, text: { field: "missing", type: "nominal" } },
      },
    ],
  };
}

/** The specification of the chart. */
export function aucByDomainSpec(summary: Summary): TopLevelSpec {
  const { seen, unseen } = summary;
  const names = [...seen.rows, ...unseen.rows].map(({ domain }) => domain);
  const domains = labelsOf(names, 28, [meanLabel(seen), meanLabel(unseen)]);
  const named = labelsOf(
    summary.algorithms.map(({ name }) => name),
    28,
  );
  const algorithms = [...named.values()];
  const groups = [
    { title: "Seen in training", marks: aucMarks(seen, algorithms, domains) },
    { title: "Never seen", marks: aucMarks(unseen, algorithms, domains) },
  ].filter(({ marks }) => marks.length > 0);
  if (groups.length === 0) throw new ReportError("runs", "expected a run and a domain to draw, got none");
  const from = aucAxisStart(groups.flatMap(({ marks }) => marks));
  const margin = 24 + 6.6 * Math.max(8, ...[...domains.values()].map(width));
  return {
    data: { values: [] },
    vconcat: groups.map(({ title, marks }) => panel(title, marks, algorithms, from, margin)),
    spacing: 16,
  };
}

/**
 * AUC by domain and algorithm as an SVG document: mean, seeds and interval, with a dashed line at 0.5 (chance).
 * @throws ReportError if the comparison is malformed, or has no run or no domain
 */
export async function aucByDomain(comparison: Comparison): Promise<string> {
  return render(aucByDomainSpec(summarise(comparison)));
}
