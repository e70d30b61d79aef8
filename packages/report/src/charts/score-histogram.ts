/** How the scores of real and of fake images are distributed, domain by domain: what lies behind an AUC. */

import type { TopLevelSpec } from "vega-lite";
import { labelsOf } from "../labels.js";
import type { ScoreTable } from "../records.js";
import { byDomain, type DomainScores } from "../table-domains.js";
import { CLASS_COLOURS } from "./palette.js";
import { render } from "./render.js";

const BINS = 20;
const COLUMNS = 3;

/** One bin of one class. */
export interface HistogramBin {
  /** Class of the images counted. */
  of: "real" | "fake";
  /** Lower edge of the bin, of width 1/20; its upper edge belongs to the next bin, except for 1. */
  from: number;
  /** Share of the class's images that fall into the bin, so that classes of different size compare. */
  share: number;
}

/** Both classes in 20 equal bins over 0…1; a class without images gives no bin. */
export function histogramBins({ labels, scores, fakes, reals }: DomainScores): HistogramBin[] {
  const counts = { real: new Array<number>(BINS).fill(0), fake: new Array<number>(BINS).fill(0) };
  scores.forEach((score, i) => {
    counts[labels[i] === 1 ? "fake" : "real"][Math.min(BINS - 1, Math.floor(score * BINS))]!++;
  });
  const shares = (of: "real" | "fake", total: number) =>
    total === 0 ? [] : counts[of].map((count, i) => ({ of, from: i / BINS, share: count / total }));
  return [...shares("real", reals), ...shares("fake", fakes)];
}

/** A staircase needs the right edge of its last step. */
function outline(bins: readonly HistogramBin[]): HistogramBin[] {
  return bins.flatMap((bin) => (bin.from === (BINS - 1) / BINS ? [bin, { ...bin, from: 1 }] : [bin]));
}

/** The specification of the chart. */
function scoreHistogramSpec(table: ScoreTable): TopLevelSpec {
  const domains = byDomain(table).map((scores) => ({ ...scores, bins: histogramBins(scores) }));
  const highest = Math.max(0, ...domains.flatMap(({ bins }) => bins.map(({ share }) => share)));
  const labels = labelsOf(
    domains.map(({ domain }) => domain),
    24,
  );
  // The colon keeps a domain named as a member of every object, such as "constructor", from being taken for one by Vega.
  const title = (domain: string, reals: number, fakes: number) => ({
    text: `${labels.get(domain)}:`,
    subtitle: `${reals} real, ${fakes} fake`,
    fontSize: 12,
  });
  return {
    columns: COLUMNS,
    spacing: 20,
    data: { values: [] },
    concat: domains.map(({ domain, bins, fakes, reals }) => ({
      title: title(domain, reals, fakes),
      width: 165,
      height: 90,
      data: { values: outline(bins) },
      mark: { type: "area", interpolate: "step-after", fillOpacity: 0.3, line: { strokeWidth: 1.5 } },
      encoding: {
        x: {
          field: "from",
          type: "quantitative",
          title: "score",
          scale: { domain: [0, 1] },
          axis: { values: [0, 0.5, 1], format: ".1f", grid: false },
        },
        y: {
          field: "share",
          type: "quantitative",
          stack: null,
          title: null,
          scale: { domain: [0, highest] },
          axis: { minExtent: 30, maxExtent: 30, tickCount: 4, format: "%" },
        },
        color: {
          field: "of",
          type: "nominal",
          scale: { domain: ["real", "fake"], range: [CLASS_COLOURS.real, CLASS_COLOURS.fake] },
          legend: { title: null, orient: "top", labelExpr: "'share of ' + datum.label + ' images'" },
        },
      },
    })),
  };
}

/**
 * Histograms of the scores of real and fake images, one a domain, as an SVG document.
 * @throws ReportError if the table is malformed
 */
export async function scoreHistogram(table: ScoreTable): Promise<string> {
  return render(scoreHistogramSpec(table));
}
