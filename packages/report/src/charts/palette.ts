/**
 * The colours of every chart: Okabe and Ito's set ("Color Universal Design", 2008), which people with the common colour
 * vision deficiencies can tell apart, each with a lighter partner for dark pages. Charts carry the light values as
 * attributes, so that an SVG stands alone; a page turns them dark with `darkRules`. Lines and dots differ by dash and
 * shape as well, so that colour is never the only cue.
 */

/** A colour on white, and its partner on a dark page. */
interface Shade {
  light: string;
  dark: string;
}

/** Page and chart furniture. */
export const INK = {
  text: { light: "#1f2328", dark: "#e6edf3" },
  muted: { light: "#59636e", dark: "#9aa4af" },
  grid: { light: "#e3e7eb", dark: "#2d333b" },
  background: { light: "#ffffff", dark: "#14181d" },
} as const satisfies Record<string, Shade>;

const SERIES: readonly Shade[] = [
  { light: "#0072b2", dark: "#4fb3e8" },
  { light: "#d55e00", dark: "#ff8a3d" },
  { light: "#009e73", dark: "#3ecf9f" },
  { light: "#b8578f", dark: "#e79cc6" },
  { light: "#c98500", dark: "#f2b632" },
  { light: "#3d9bd1", dark: "#a5daf7" },
  { light: "#6b6b6b", dark: "#c2c2c2" },
];

/** Real and fake images, wherever they are drawn against each other. */
export const CLASS_COLOURS: { real: string; fake: string } = { real: SERIES[0]!.light, fake: SERIES[1]!.light };

const SHAPES = ["circle", "diamond", "square", "triangle-up", "cross", "triangle-down", "triangle-right"];
const DASHES = [[], [6, 2], [2, 2], [8, 2, 2, 2], [4, 1], [10, 3], [1, 2], [6, 2, 2, 2, 2, 2]];

function cycle<T>(values: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, i) => values[i % values.length]!);
}

/** Colours of `count` series; beyond seven they repeat, told apart by dash or shape. */
export function seriesColours(count: number): string[] {
  return cycle(
    SERIES.map(({ light }) => light),
    count,
  );
}

/** Dot shapes of `count` series. */
export function seriesShapes(count: number): string[] {
  return cycle(SHAPES, count);
}

/** Dash patterns of `count` series; eight against seven colours, so that 56 series differ in one or the other. */
export function seriesDashes(count: number): number[][] {
  return cycle(DASHES, count);
}

/** CSS rules that turn charts inside `svg` elements dark. */
export function darkRules(): string {
  return [...Object.values(INK), ...SERIES]
    .map(({ light, dark }) => `svg [fill="${light}"]{fill:${dark}}svg [stroke="${light}"]{stroke:${dark}}`)
    .join("\n");
}
