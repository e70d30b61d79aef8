/** Lines over steps or epochs, one a domain and a thick one for all of them: their points, and the panel that shows them. */

import { width } from "../labels.js";
import { spread } from "../statistics.js";
import { INK, seriesColours, seriesDashes } from "./palette.js";
import type { Panel } from "./render.js";

/** More points than this a line cannot show. */
const POINTS = 200;
const WIDTH = 560;

/** One point of a line. */
export interface CurvePoint {
  /** Name of the domain, or `null` for all domains together. */
  domain: string | null;
  /** Step or epoch. */
  x: number;
  /** What is drawn. */
  y: number;
}

/** Lines over steps, thinned. */
export interface StepCurves {
  /** The points. */
  points: CurvePoint[];
  /** Logged steps that each point is the mean of. */
  stepsPerPoint: number;
  /** Values that were not finite, and are not drawn. */
  notFinite: number;
}

/**
 * Values over steps: consecutive entries averaged, so that at most 200 points remain a line; x is the last step of a
 * point.
 *
 * @param valuesOf - A value for each domain, or `null` for all of them, of one entry.
 */
export function stepCurves<T extends { readonly step: number }>(
  entries: readonly T[],
  valuesOf: (entry: T) => readonly (readonly [string | null, number])[],
): StepCurves {
  const stepsPerPoint = Math.max(1, Math.ceil(entries.length / POINTS));
  const points: CurvePoint[] = [];
  let notFinite = 0;
  for (let start = 0; start < entries.length; start += stepsPerPoint) {
    const bin = entries.slice(start, start + stepsPerPoint);
    const x = bin.at(-1)!.step;
    const byDomain = new Map<string | null, number[]>();
    for (const [domain, value] of bin.flatMap(valuesOf)) {
      if (!Number.isFinite(value)) notFinite++;
      else byDomain.set(domain, [...(byDomain.get(domain) ?? []), value]);
    }
    for (const [domain, values] of byDomain) points.push({ domain, x, y: spread(values)!.mean });
  }
  return { points, stepsPerPoint, notFinite };
}

/** What a line over steps is made of, in words. */
export function describeSteps({ points, stepsPerPoint, notFinite }: StepCurves, what: string): string {
  const thinned = stepsPerPoint === 1 ? `every ${what}` : `each point the mean of ${stepsPerPoint} ${what}s`;
  const lost = notFinite === 0 ? "" : `; left out as not finite: ${notFinite}`;
  return `${points.length === 0 ? `no ${what} was logged` : thinned}${lost}`;
}

/** What a panel shows. */
export interface CurvePanel {
  /** Its heading. */
  title: string;
  /** What the lines are made of, in words. */
  subtitle: string;
  /** The lines' points. */
  points: readonly CurvePoint[];
  /** Label of each domain. */
  labels: Map<string, string>;
  /** Label of the thick line. */
  all: string;
  /** What x counts; epochs are marked by dots. */
  x: "step" | "epoch";
  /** Scale of y. */
  y: { zero: boolean } | { domain: [number, number]; nice?: boolean };
}

/** The panel. */
export function curvePanel({ title, subtitle, points, labels, all, x, y }: CurvePanel): Panel {
  const names = [all, ...labels.values()];
  const dots = x === "epoch";
  const columns = Math.max(1, Math.floor(WIDTH / (9 * Math.max(...names.map(width)) + 40)));
  const color = {
    field: "series",
    type: "nominal" as const,
    scale: { domain: names, range: [INK.text.light, ...seriesColours(labels.size)] },
    legend: { title: null, orient: "top" as const, columns, symbolType: "stroke" as const, symbolSize: 300 },
  };
  const strokeDash = { ...color, scale: { domain: names, range: [[], ...seriesDashes(labels.size)] } };
  const values = points.map(({ domain, ...point }) => ({
    ...point,
    series: domain === null ? all : labels.get(domain)!,
  }));
  const positions = [...new Set(points.map((point) => point.x))];
  return {
    title: { text: title, subtitle },
    width: WIDTH,
    height: 200,
    encoding: {
      x: {
        field: "x",
        type: "quantitative",
        title: x,
        scale: values.length > 0 ? { zero: false, nice: false } : { domain: [0, 1] },
        axis: !dots || positions.length > 12 ? { tickMinStep: 1, format: "d" } : { values: positions, format: "d" },
      },
      y: {
        field: "y",
        type: "quantitative",
        title: null,
        scale: { ...y, ...("zero" in y && values.length === 0 && { domain: [0, 1] }) },
        axis: { minExtent: 36, maxExtent: 36 },
      },
      color,
      strokeDash,
    },
    layer: [
      {
        data: { values: values.filter(({ series }) => series !== all) },
        mark: { type: "line", strokeWidth: 1.5, point: dots ? { size: 18 } : false },
      },
      {
        data: { values: values.filter(({ series }) => series === all) },
        mark: { type: "line", strokeWidth: 3, point: dots ? { size: 40 } : false },
      },
    ],
  };
}
