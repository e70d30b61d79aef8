/** A training run over time: loss of each domain over steps, and validation AUC over epochs, from its log. */

import type { TopLevelSpec } from "vega-lite";
import { labelsOf } from "../labels.js";
import type { LogEntry } from "../records.js";
import { type CurvePoint, curvePanel, describeSteps, type StepCurves, stepCurves } from "./curves.js";
import { render } from "./render.js";

/** The label of the loss over all domains, and of the mean AUC over them. */
const ALL = "all domains";

/** Loss over steps, thinned. */
export function lossCurves(log: readonly LogEntry[]): StepCurves {
  const steps = log.filter((entry) => entry.kind === "step");
  return stepCurves(steps, ({ loss, domainLosses }) => [...Object.entries(domainLosses), [null, loss]]);
}

/** Validation AUC over epochs; an undefined AUC gives no point. */
export function validationCurves(log: readonly LogEntry[]): CurvePoint[] {
  return log
    .filter((entry) => entry.kind === "validation")
    .flatMap(({ epoch, auc, macroAuc }) =>
      [...Object.entries(auc), [null, macroAuc] as const].flatMap(([domain, y]) =>
        y === null ? [] : [{ domain, x: epoch, y }],
      ),
    );
}

/** The specification of the chart. */
function trainingCurvesSpec(log: readonly LogEntry[]): TopLevelSpec {
  const loss = lossCurves(log);
  const validation = validationCurves(log);
  const domains = [...loss.points, ...validation].flatMap(({ domain }) => (domain === null ? [] : [domain]));
  const labels = labelsOf(domains, 24, [ALL]);
  return {
    data: { values: [] },
    vconcat: [
      curvePanel({
        title: "Training loss",
        subtitle: describeSteps(loss, "step"),
        points: loss.points,
        labels,
        all: ALL,
        x: "step",
        y: { zero: true },
      }),
      curvePanel({
        title: "Validation AUC",
        subtitle: validation.length === 0 ? "no validation AUC was logged" : "held-out data of the training domains",
        points: validation,
        labels,
        all: ALL,
        x: "epoch",
        y: { domain: [Math.min(0.45, ...validation.map(({ y }) => y)), 1], nice: true },
      }),
    ],
    spacing: 20,
  };
}

/** Loss of each domain over steps and validation AUC over epochs as an SVG document; empty axes for an empty log. */
export async function trainingCurves(log: readonly LogEntry[]): Promise<string> {
  return render(trainingCurvesSpec(log));
}
