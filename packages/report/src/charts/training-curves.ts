/** A training run over time: loss of each domain over steps, and validation AUC over epochs, from its log. */

import type { TopLevelSpec } from "vega-lite";
import { labelsOf, width } from "../labels.js";
import type { LogEntry } from "../records.js";
import { spread } from "../statistics.js";
import { INK, seriesColours, seriesDashes } from "./palette.js";
import { type Panel, render } from "./render.js";

/** The label of the loss over all domains, and of the mean AUC over them. */
const ALL = "all domains";
/** More points than this a line cannot show. */
const POINTS = 200;
const WIDTH = 560;

/** One point of a line. */
export interface CurvePoint {
  /** Name of the domain, or `null` for all domains together. */
  domain: string | null;
  /** Step or epoch. */
  x: number;
  /** Loss or AUC. */
  y: number;
}

/** Loss lines, thinned. */
export interface LossCurves {
  /** The points. */
  points: CurvePoint[];
  /** Steps that each point is the mean of. */
  stepsPerPoint: number;
  /** Losses that were not finite, and are not drawn. */
  notFinite: number;
}

/** Loss over steps: consecutive steps averaged, so that at most 200 points remain a line; x is the last step of a point. */
export function lossCurves(log: readonly LogEntry[]): LossCurves {
  const steps = log.filter((entry) => entry.kind === "step");
  const stepsPerPoint = Math.max(1, Math.ceil(steps.length / POINTS));
  const points: CurvePoint[] = [];
  let notFinite = 0;
  for (let start = 0; start < steps.length; start += stepsPerPoint) {
    const bin = steps.slice(start, start + stepsPerPoint);
    const x = bin.at(-1)!.step;
    const losses = new Map<string | null, number[]>();
    const add = (domain: string | null, loss: number) => {
      if (!Number.isFinite(loss)) {
        notFinite++;
        return;
      }
      const values = losses.get(domain);
      if (values === undefined) losses.set(domain, [loss]);
      else values.push(loss);
    };
    for (const { loss, domainLosses } of bin) {
      for (const [domain, value] of Object.entries(domainLosses)) add(domain, value);
      add(null, loss);
    }
    for (const [domain, values] of losses) points.push({ domain, x, y: spread(values)!.mean });
  }
  return { points, stepsPerPoint, notFinite };
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

function panel(title: string, subtitle: string, points: readonly CurvePoint[], labels: Map<string, string>): Panel {
  const names = [ALL, ...labels.values()];
  const loss = title.includes("loss");
  const columns = Math.max(1, Math.floor(WIDTH / (9 * Math.max(...names.map(width)) + 40)));
  const color = {
    field: "series",
    type: "nominal" as const,
    scale: { domain: names, range: [INK.text.light, ...seriesColours(labels.size)] },
    legend: { title: null, orient: "top" as const, columns, symbolType: "stroke" as const, symbolSize: 300 },
  };
  const strokeDash = { ...color, scale: { domain: names, range: [[], ...seriesDashes(labels.size)] } };
  const values = points.map(({ domain, x, y }) => ({ x, y, series: domain === null ? ALL : labels.get(domain)! }));
  const epochs = [...new Set(points.map(({ x }) => x))];
  return {
    title: { text: title, subtitle },
    width: WIDTH,
    height: 200,
    encoding: {
      x: {
        field: "x",
        type: "quantitative",
        title: loss ? "step" : "epoch",
        scale: values.length > 0 ? { zero: false, nice: false } : { domain: [0, 1] },
        axis: loss || epochs.length > 12 ? { tickMinStep: 1, format: "d" } : { values: epochs, format: "d" },
      },
      y: {
        field: "y",
        type: "quantitative",
        title: null,
        scale: loss
          ? { zero: true, ...(values.length === 0 && { domain: [0, 1] }) }
          : { domain: [Math.min(0.45, ...values.map(({ y }) => y)), 1], nice: true },
        axis: { minExtent: 36, maxExtent: 36 },
      },
      color,
      strokeDash,
    },
    layer: [
      {
        data: { values: values.filter(({ series }) => series !== ALL) },
        mark: { type: "line", strokeWidth: 1.5, point: loss ? false : { size: 18 } },
      },
      {
        data: { values: values.filter(({ series }) => series === ALL) },
        mark: { type: "line", strokeWidth: 3, point: loss ? false : { size: 40 } },
      },
    ],
  };
}

/** The specification of the chart. */
function trainingCurvesSpec(log: readonly LogEntry[]): TopLevelSpec {
  const loss = lossCurves(log);
  const validation = validationCurves(log);
  const domains = [...loss.points, ...validation].flatMap(({ domain }) => (domain === null ? [] : [domain]));
  const labels = labelsOf(domains, 24, [ALL]);
  const thinned = loss.stepsPerPoint === 1 ? "every step" : `each point the mean of ${loss.stepsPerPoint} steps`;
  const steps = loss.points.length === 0 ? "no step was logged" : thinned;
  const epochs = validation.length === 0 ? "no validation AUC was logged" : "held-out data of the training domains";
  const lost = loss.notFinite === 0 ? "" : `; left out as not finite: ${loss.notFinite}`;
  return {
    data: { values: [] },
    vconcat: [
      panel("Training loss", `${steps}${lost}`, loss.points, labels),
      panel("Validation AUC", epochs, validation, labels),
    ],
    spacing: 20,
  };
}

/** Loss of each domain over steps and validation AUC over epochs as an SVG document; empty axes for an empty log. */
export async function trainingCurves(log: readonly LogEntry[]): Promise<string> {
  return render(trainingCurvesSpec(log));
}
