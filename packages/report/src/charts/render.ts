/**
 * From a Vega-Lite specification to an SVG string, in Node, without a canvas. Vega then guesses text widths generously
 * (0.8 em a character), so charts fix the extent of their axes and never let Vega cut labels.
 */

import * as vega from "vega";
import { type Config, compile, type TopLevelSpec } from "vega-lite";
import { INK } from "./palette.js";

/** Fonts of charts and pages: whatever the reader's system uses. */
export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/** One chart of several that stand below each other. */
export type Panel = Extract<TopLevelSpec, { vconcat: unknown }>["vconcat"][number];

/** An axis labelled in tenths; the descriptions of its marks, which follow the axis, keep three decimals. */
export const TENTHS_FORMAT = { format: ".3f", labelExpr: "format(datum.value, '.1f')" };

const CONFIG: Config = {
  background: INK.background.light,
  font: FONT,
  padding: 8,
  view: { stroke: null },
  axis: {
    domainColor: INK.muted.light,
    tickColor: INK.muted.light,
    gridColor: INK.grid.light,
    labelColor: INK.text.light,
    titleColor: INK.text.light,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 400,
    titlePadding: 8,
    labelLimit: 0,
    titleLimit: 0,
  },
  legend: {
    labelColor: INK.text.light,
    titleColor: INK.text.light,
    labelFontSize: 12,
    titleFontSize: 12,
    labelLimit: 0,
    titleLimit: 0,
    symbolStrokeWidth: 2,
  },
  header: {
    labelColor: INK.text.light,
    labelFontSize: 12,
    labelFontWeight: 600,
    labelLimit: 0,
    title: null,
  },
  title: {
    color: INK.text.light,
    subtitleColor: INK.muted.light,
    fontSize: 13,
    subtitleFontSize: 12,
    fontWeight: 600,
    anchor: "start",
    frame: "group",
    limit: 0,
  },
  text: { color: INK.muted.light, fontSize: 12 },
};

/**
 * Renders to an SVG document without external references.
 *
 * Vega logs an error inside a chart and goes on to draw a part of it; here such an error is thrown.
 */
export async function render(spec: TopLevelSpec): Promise<string> {
  const errors: unknown[] = [];
  const logger = vega.logger(vega.Error, undefined, (_method: string, _level: string, input: readonly unknown[]) => {
    errors.push(input[0]);
  });
  const view = new vega.View(vega.parse(compile(spec, { config: CONFIG }).spec), { renderer: "none", logger });
  try {
    const svg = await view.toSVG();
    if (errors.length > 0) throw errors[0];
    return svg;
  } finally {
    view.finalize();
  }
}
