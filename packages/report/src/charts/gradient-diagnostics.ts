/** How the gradients of a training run lay to one another, from the steps whose diagnostics were logged. */

import type { TopLevelSpec } from "vega-lite";
import { labelsOf } from "../labels.js";
import type { LogEntry, StepDiagnostics } from "../records.js";
import { spread } from "../statistics.js";
import { curvePanel, describeSteps, type StepCurves, stepCurves } from "./curves.js";
import { render } from "./render.js";

/** The label of the cosine between the ERM and the generalization gradient. */
const ALIGNMENT = "cos(g, h)";
/** The label of the mean sharpness. */
const MEAN = "mean";

interface DiagnosedStep {
  readonly step: number;
  readonly diagnostics: StepDiagnostics;
}

function diagnosed(log: readonly LogEntry[]): DiagnosedStep[] {
  return log.flatMap((entry) =>
    entry.kind === "step" && entry.diagnostics ? [{ step: entry.step, diagnostics: entry.diagnostics }] : [],
  );
}

/** Of each domain the mean cosine of its gradient with those of the others; of all domains cos(g, h). */
export function agreementCurves(log: readonly LogEntry[]): StepCurves {
  return stepCurves(diagnosed(log), ({ diagnostics: { domainCosines = {}, alignment } }) => [
    ...Object.entries(domainCosines).map(
      ([domain, cosines]) => [domain, spread(Object.values(cosines))?.mean ?? Number.NaN] as const,
    ),
    ...(alignment === undefined ? [] : [[null, alignment] as const]),
  ]);
}

/** The sharpness of each domain, and their mean. */
export function sharpnessCurves(log: readonly LogEntry[]): StepCurves {
  return stepCurves(diagnosed(log), ({ diagnostics: { sharpness = {} } }) => {
    const entries = Object.entries(sharpness);
    const mean = spread(entries.map(([, value]) => value))?.mean;
    return [...entries, ...(mean === undefined ? [] : [[null, mean] as const])];
  });
}

/** The specification of the chart. */
function gradientDiagnosticsSpec(log: readonly LogEntry[]): TopLevelSpec {
  const [agreement, sharpness] = [agreementCurves(log), sharpnessCurves(log)];
  const domains = [...agreement.points, ...sharpness.points].flatMap(({ domain }) => (domain === null ? [] : [domain]));
  const labels = labelsOf(domains, 24, [ALIGNMENT, MEAN]);
  const lowest = Math.min(0, ...agreement.points.map(({ y }) => y));
  return {
    data: { values: [] },
    vconcat: [
      curvePanel({
        title: "Gradient agreement",
        subtitle: describeSteps(agreement, "diagnosed step"),
        points: agreement.points,
        labels,
        all: ALIGNMENT,
        x: "step",
        y: { domain: [lowest, 1], nice: true },
      }),
      curvePanel({
        title: "Sharpness",
        subtitle: describeSteps(sharpness, "diagnosed step"),
        points: sharpness.points,
        labels,
        all: MEAN,
        x: "step",
        y: { zero: true },
      }),
    ],
    resolve: { scale: { color: "independent", strokeDash: "independent" } },
    spacing: 20,
  };
}

/** Whether a log has anything to draw here. */
export function hasDiagnostics(log: readonly LogEntry[]): boolean {
  return diagnosed(log).length > 0;
}

/**
 * Cosines between the gradients and sharpness of each domain over steps as an SVG document; empty axes where none was
 * logged.
 */
export async function gradientDiagnostics(log: readonly LogEntry[]): Promise<string> {
  return render(gradientDiagnosticsSpec(log));
}
