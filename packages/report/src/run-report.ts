/** The report of one run: how training went, what the scores look like, and what the run was made with. */

import { gradientDiagnostics, hasDiagnostics } from "./charts/gradient-diagnostics.js";
import { reliabilityDiagram } from "./charts/reliability-diagram.js";
import { rocCurves } from "./charts/roc-curves.js";
import { scoreHistogram } from "./charts/score-histogram.js";
import { trainingCurves } from "./charts/training-curves.js";
import { decimal } from "./format.js";
import { html, type Markup } from "./html/markup.js";
import { chartFigure, definitions, page } from "./html/page.js";
import type { LogEntry, ScoreTable, StepEntry, ValidationEntry } from "./records.js";

/** A run directory's contents, as far as its report shows them. */
export interface RunRecord {
  /** Title of the report. Default: `Training run`. */
  title?: string;
  /** The resolved configuration; nested members are shown by their path. */
  config: object;
  /** What the run was made with: versions, machine, engine. */
  environment: object;
  /** The training log, in order. */
  log: readonly LogEntry[];
  /** The scores of the trained model, one table a test set. */
  tables: readonly ScoreTable[];
}

/** Every value of a nested record with its path; an empty record or list is a value. */
function flatten(value: unknown, path = ""): [string, string][] {
  const nested = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  if (nested.length > 0) return nested.flatMap(([key, inner]) => flatten(inner, path === "" ? key : `${path}.${key}`));
  return path === "" ? [] : [[path, typeof value === "string" ? value : String(JSON.stringify(value))]];
}

/** Of which averages the validations were. */
function averageFacts(validations: readonly ValidationEntry[]): [string, string][] {
  const averages = validations.flatMap(({ average }) => average ?? []);
  if (averages.length === 0) return [];
  const names = [...new Set(averages)].join(", ");
  return [["Validated average", `${names}, in ${averages.length} of ${validations.length} validations`]];
}

/** How often the gradient was above its limit. */
function clippingFacts(steps: readonly StepEntry[]): [string, string][] {
  const limited = steps.filter(({ clipped }) => clipped !== undefined);
  if (limited.length === 0) return [];
  return [["Clipped", `${limited.filter(({ clipped }) => clipped).length} of ${limited.length} gradients`]];
}

/** What the log says in a few lines. */
function logFacts(log: readonly LogEntry[]): [string, string][] {
  const steps = log.filter((entry) => entry.kind === "step");
  const validations = log.filter((entry) => entry.kind === "validation");
  const end = log.findLast((entry) => entry.kind === "end");
  const best = validations.reduce<{ epoch: number; auc: number } | null>((before, { epoch, macroAuc }) => {
    if (macroAuc === null || (before !== null && macroAuc <= before.auc)) return before;
    return { epoch, auc: macroAuc };
  }, null);
  const speeds = steps.map((entry) => entry.imagesPerSecond).sort((a, b) => a - b);
  const skipped = Math.max(0, ...validations.map((entry) => entry.skipped ?? 0));
  const outcome =
    end === undefined
      ? "the log records no end"
      : `${end.reason} at step ${end.step}${end.message ? `: ${end.message}` : ""}`;
  return [
    ["Outcome", outcome],
    ["Logged", `${steps.length} steps, ${validations.length} validations`],
    ["Highest validation AUC", best === null ? "– (none is defined)" : `${decimal(best.auc)}, epoch ${best.epoch}`],
    [
      "Images a second",
      speeds.length === 0 ? "– (no step)" : `${speeds[speeds.length >> 1]!.toFixed(1)} (median over steps)`,
    ],
    ...averageFacts(validations),
    ...clippingFacts(steps),
    ...(skipped > 0 ? [["Unreadable", `up to ${skipped} images of a validation`] as [string, string]] : []),
  ];
}

async function tableSection(table: ScoreTable): Promise<Markup> {
  if (table.labels.length === 0) return html`<h2>${table.name}</h2><p>The table holds no image.</p>`;
  const [roc, reliability, histogram] = [rocCurves(table), reliabilityDiagram(table), scoreHistogram(table)];
  return html`<h2>${table.name}</h2>
<div class="row">${chartFigure(await roc, "ROC curve of each domain, every image counted for itself. Dashed: chance.")}
${chartFigure(await reliability, "Share of fakes among images of like score. Dashed: perfectly calibrated. Larger: more images. ECE: expected calibration error.")}</div>
${chartFigure(await histogram, "Scores of each domain; 1 means fake.")}`;
}

function settings(title: string, value: object): Markup {
  const entries = flatten(value);
  if (entries.length === 0) return html`<h2>${title}</h2><p>None recorded.</p>`;
  return html`<h2>${title}</h2>
<div class="scroll"><table><tbody>${entries.map(([path, text]) => html`<tr><th scope="row">${path}</th><td class="long">${text}</td></tr>`)}</tbody></table></div>`;
}

/**
 * The report of one run as one HTML document: self-contained, without scripts, light or dark as the reader's system is,
 * and fit to print.
 * @throws ReportError if a score table is malformed
 */
export async function runReport(run: RunRecord): Promise<string> {
  const title = run.title ?? "Training run";
  const sections: Markup[] = [];
  for (const table of run.tables) sections.push(await tableSection(table));
  const gradients = hasDiagnostics(run.log)
    ? chartFigure(
        await gradientDiagnostics(run.log),
        "Above: mean cosine of each domain's gradient with those of the others; thick: between the ERM gradient and the one at the perturbed points. Below: how much higher each domain's loss is at its perturbed point.",
      )
    : [];
  const body = html`<h1>${title}</h1>
${definitions(logFacts(run.log))}
<h2>Training</h2>
${chartFigure(await trainingCurves(run.log), "Loss of each domain, and AUC on validation data. Epochs and steps count from 1.")}
${gradients}
${sections}
${settings("Configuration", run.config)}
${settings("Environment", run.environment)}`;
  return page(title, body);
}
