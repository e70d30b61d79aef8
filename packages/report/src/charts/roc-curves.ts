/** ROC curve of each domain of a score table, with its AUC in the legend. */

import { rocAuc, rocCurve } from "@roga/metrics";
import type { TopLevelSpec } from "vega-lite";
import { labelsOf } from "../labels.js";
import type { ScoreTable } from "../records.js";
import { byDomain, type DomainScores } from "../table-domains.js";
import { INK, seriesColours, seriesDashes } from "./palette.js";
import { render } from "./render.js";

/** Finer steps than this the picture cannot show: a third of a pixel. */
const TOLERANCE = 1 / 1000;

/** One point of a curve. */
export interface RocPoint {
  /** False positive rate. */
  x: number;
  /** True positive rate. */
  y: number;
}

/**
 * Leaves out points that lie within the tolerance of the point kept before them, so that a curve over many scores stays
 * small; the points on both sides of every larger step remain.
 */
export function thin(points: readonly RocPoint[], tolerance: number): RocPoint[] {
  const kept: RocPoint[] = [];
  let last = -1;
  points.forEach((point, i) => {
    const from = points[last];
    const far =
      from === undefined || Math.abs(point.x - from.x) >= tolerance || Math.abs(point.y - from.y) >= tolerance;
    if (!far && i < points.length - 1) return;
    if (i - 1 > last) kept.push(points[i - 1]!);
    kept.push(point);
    last = i;
  });
  return kept;
}

/** The curve of one domain, or `null` where one class is missing. */
export function rocPoints({ labels, scores, fakes, reals }: DomainScores): { auc: number; points: RocPoint[] } | null {
  if (fakes === 0 || reals === 0) return null;
  const { falsePositiveRate, truePositiveRate } = rocCurve(labels, scores);
  const points = Array.from(falsePositiveRate, (x, i) => ({ x, y: truePositiveRate[i]! }));
  return { auc: rocAuc(labels, scores), points: thin(points, TOLERANCE) };
}

/** The specification of the chart. */
function rocCurvesSpec(table: ScoreTable): TopLevelSpec {
  const domains = byDomain(table);
  const labels = labelsOf(
    domains.map(({ domain }) => domain),
    20,
  );
  const series = domains.map((scores) => {
    const curve = rocPoints(scores);
    const value = curve === null ? `– (${scores.reals} real, ${scores.fakes} fake)` : curve.auc.toFixed(3);
    return { name: `${labels.get(scores.domain)}: ${value}`, points: curve?.points ?? [] };
  });
  const names = series.map(({ name }) => name);
  const rate = { type: "quantitative" as const, scale: { domain: [0, 1] }, axis: { tickCount: 5, format: ".1f" } };
  const color = {
    field: "name",
    type: "nominal" as const,
    scale: { domain: names, range: seriesColours(names.length) },
    legend: { title: "AUC", symbolType: "stroke" as const, symbolSize: 300 },
  };
  return {
    width: 280,
    height: 280,
    layer: [
      {
        data: { values: [{ x: 0, y: 0, x2: 1, y2: 1 }] },
        mark: { type: "rule", strokeDash: [3, 3], color: INK.muted.light },
        encoding: {
          x: { ...rate, field: "x", title: "false positive rate" },
          y: { ...rate, field: "y", title: "true positive rate" },
          x2: { field: "x2" },
          y2: { field: "y2" },
        },
      },
      {
        data: {
          values: series.flatMap(({ name, points }) => points.map((point, order) => ({ ...point, name, order }))),
        },
        mark: { type: "line", strokeWidth: 1.8, strokeJoin: "round" },
        encoding: {
          x: { ...rate, field: "x" },
          y: { ...rate, field: "y" },
          order: { field: "order" },
          color,
          strokeDash: { ...color, scale: { domain: names, range: seriesDashes(names.length) } },
        },
      },
    ],
  };
}

/**
 * ROC curves as an SVG document, one a domain; a domain of one class has no curve, and the legend says so.
 * @throws ReportError if the table is malformed
 */
export async function rocCurves(table: ScoreTable): Promise<string> {
  return render(rocCurvesSpec(table));
}
