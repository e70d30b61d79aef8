/** Reliability diagram of a score table, all domains together: whether of the images scored p a share p is fake. */

import { expectedCalibrationError, type ReliabilityBin, reliabilityBins } from "@roga/metrics";
import type { TopLevelSpec } from "vega-lite";
import { checkScoreTable } from "../check.js";
import type { ScoreTable } from "../records.js";
import { INK, seriesColours } from "./palette.js";
import { render, TENTHS_FORMAT } from "./render.js";

const OPTIONS = { bins: 15, strategy: "equalWidth" } as const;

/** The bins with images in them, and the expected calibration error over them; no bin and `null` for an empty table. */
export function reliability({ labels, scores }: ScoreTable): { error: number | null; bins: ReliabilityBin[] } {
  if (labels.length === 0) return { error: null, bins: [] };
  return {
    error: expectedCalibrationError(labels, scores, OPTIONS),
    bins: reliabilityBins(labels, scores, OPTIONS).filter(({ count }) => count > 0),
  };
}

/** The specification of the chart. */
function reliabilityDiagramSpec(table: ScoreTable): TopLevelSpec {
  checkScoreTable(table);
  const { error, bins } = reliability(table);
  const share = { type: "quantitative" as const, scale: { domain: [0, 1] }, axis: { tickCount: 5, ...TENTHS_FORMAT } };
  const subtitle = error === null ? "no image" : `ECE ${error.toFixed(3)}, ${OPTIONS.bins} bins`;
  return {
    title: { text: "Reliability", subtitle },
    width: 280,
    height: 280,
    layer: [
      {
        data: { values: [{ x: 0, y: 0, x2: 1, y2: 1 }] },
        mark: { type: "rule", strokeDash: [3, 3], color: INK.muted.light },
        encoding: {
          x: { ...share, field: "x", title: "mean score of the bin" },
          y: { ...share, field: "y", title: "share of fakes" },
          x2: { field: "x2" },
          y2: { field: "y2" },
        },
      },
      {
        data: { values: bins },
        mark: { type: "line", strokeWidth: 1, color: seriesColours(1)[0]!, opacity: 0.5 },
        encoding: { x: { ...share, field: "meanProbability" }, y: { ...share, field: "fakeShare" } },
      },
      {
        data: { values: bins },
        mark: { type: "point", filled: true, color: seriesColours(1)[0]!, opacity: 0.9 },
        encoding: {
          x: { ...share, field: "meanProbability" },
          y: { ...share, field: "fakeShare" },
          size: { field: "count", type: "quantitative", scale: { range: [12, 260] }, legend: null },
        },
      },
    ],
  };
}

/**
 * Reliability diagram as an SVG document: mean score against share of fakes in 15 equal bins, larger marks for more
 * images, with the expected calibration error.
 * @throws ReportError if the table is malformed
 */
export async function reliabilityDiagram(table: ScoreTable): Promise<string> {
  return render(reliabilityDiagramSpec(table));
}
