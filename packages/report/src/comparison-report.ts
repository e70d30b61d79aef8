/** The report of a comparison: one HTML file with the picture first, then the numbers, then what they rest on. */

import { aucByDomainSpec } from "./charts/auc-by-domain.js";
import { render } from "./charts/render.js";
import { rocCurves } from "./charts/roc-curves.js";
import { ReportError } from "./errors.js";
import { legendRemark, missingRemarks } from "./format.js";
import { domainTable, runTable, unseenMeans } from "./html/comparison-tables.js";
import { html, type Markup } from "./html/markup.js";
import { chartFigure, definitions, page } from "./html/page.js";
import type { Comparison, ScoreTable } from "./records.js";
import { type Summary, summarise } from "./summary.js";

/** A picture to put into a report, such as a contact sheet of the data. */
export interface ReportImage {
  /** What it shows. */
  caption: string;
  /** A PNG file, base64 without a prefix. */
  pngBase64: string;
}

/** What a comparison report can hold besides the comparison. */
export interface ComparisonReportOptions {
  /** Pictures, shown after the chart. */
  images?: readonly ReportImage[];
  /** Score tables whose ROC curves are drawn, one chart a table. */
  curves?: readonly ScoreTable[];
}

/** The first bytes of every PNG file, in base64. */
const PNG = /^iVBORw0KGgo[A-Za-z0-9+/]*={0,2}$/;

function imageFigure({ caption, pngBase64 }: ReportImage, i: number): Markup {
  if (!PNG.test(pngBase64)) throw new ReportError(`images[${i}].pngBase64`, "expected a PNG file in base64");
  return html`<figure><img src="data:image/png;base64,${pngBase64}" alt="${caption}"><figcaption>${caption}</figcaption></figure>`;
}

function chartCaption({ algorithms }: Summary): string {
  return algorithms.some(({ seeds }) => seeds.length > 1)
    ? "Large mark: mean over seeds. Small marks: the seeds. Line: lowest to highest bound of the seeds' intervals. The mean over domains has no line."
    : "Mark: the one seed of each algorithm. Line: its interval. The mean over domains has no line.";
}

async function results(comparison: Comparison, summary: Summary, options: ComparisonReportOptions): Promise<Markup> {
  const chart = await render(aucByDomainSpec(summary));
  const images = options.images ?? [];
  const curves = await Promise.all(
    (options.curves ?? []).map(async (table) => chartFigure(await rocCurves(table), table.name)),
  );
  return html`<h2>AUC by domain</h2>
${chartFigure(chart, chartCaption(summary))}
<h2>Unseen domains</h2>
${unseenMeans(summary)}
${images.length > 0 ? html`<h2>Images</h2>${images.map(imageFigure)}` : ""}
<h2>Every domain</h2>
${domainTable(comparison, summary)}
${[legendRemark(summary, comparison.intervals), ...missingRemarks(summary)].map((remark) => html`<p class="muted">${remark}</p>`)}
<h2>Every run</h2>
${runTable(comparison, summary)}
${
  curves.length > 0
    ? html`<h2>ROC curves over images</h2>
<p class="muted">Every image counts for itself here, so an AUC can differ from one above that counts videos.</p>
<div class="row">${curves}</div>`
    : ""
}`;
}

/**
 * The report of a comparison as one HTML document: self-contained, without scripts, light or dark as the reader's system
 * is, and fit to print.
 * @throws ReportError if the comparison or a score table is malformed, or an image is not PNG
 */
export async function comparisonReport(comparison: Comparison, options: ComparisonReportOptions = {}): Promise<string> {
  const summary = summarise(comparison);
  const list = (domains: readonly string[]) => (domains.length > 0 ? domains.join(", ") : "none");
  const basis: [string, string][] = [
    ["Epoch selected by", comparison.selection],
    ["Trained on", list(comparison.sourceDomains)],
    ["Never seen", list(comparison.targetDomains)],
    ["Engine", comparison.engine],
    ...comparison.notes.map((note): [string, string] => ["Note", note]),
  ];
  const body = html`<h1>${comparison.title}</h1>
<p class="muted">${comparison.createdAt}. Label 1 is fake. AUC and AP: higher is better. EER: lower is better.</p>
${summary.algorithms.length > 0 ? await results(comparison, summary, options) : html`<p>There is no run to compare.</p>`}
<h2>What the numbers rest on</h2>
${definitions(basis)}`;
  return page(comparison.title, body);
}
