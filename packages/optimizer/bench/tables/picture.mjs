/** The accuracies of the spurious-feature problem as an SVG picture: a row for each algorithm, a dot for each seed. */
import { spread } from "./spurious-feature.mjs";

const WIDTH = 720;
const LEFT = 130;
const RIGHT = 24;
const TOP = 56;
const ROW = 26;
/** Blue and vermilion of Okabe and Ito's colours, which colour-blind readers tell apart; the marks differ in shape too. */
const SOURCE = "#0072b2";
const TARGET = "#d55e00";
const INK = "#1f2328";
const MUTED = "#59636e";
const GRID = "#e3e7eb";

const x = (accuracy) => (LEFT + accuracy * (WIDTH - LEFT - RIGHT)).toFixed(1);

function text(left, top, content, { anchor = "middle", fill = INK, size = 12 } = {}) {
  return `<text x="${left}" y="${top}" text-anchor="${anchor}" font-size="${size}" fill="${fill}">${content}</text>`;
}

const circle = (left, top, r, attributes) => `<circle cx="${left}" cy="${top}" r="${r}" ${attributes}/>`;

function diamond(left, top, r, attributes) {
  const [cx, cy] = [Number(left), Number(top)];
  return `<path d="M${cx - r} ${cy}L${cx} ${cy - r}L${cx + r} ${cy}L${cx} ${cy + r}Z" ${attributes}/>`;
}

/** The picture, from what `spuriousFeature` gives. */
export function picture(results) {
  const bottom = TOP + ROW * results.length;
  const height = bottom + 44;
  const marks = [];
  for (let tenth = 0; tenth <= 10; tenth++) {
    const at = x(tenth / 10);
    marks.push(`<line x1="${at}" y1="${TOP - 6}" x2="${at}" y2="${bottom}" stroke="${GRID}"/>`);
    marks.push(text(at, bottom + 16, (tenth / 10).toFixed(1), { fill: MUTED }));
  }
  marks.push(
    `<line x1="${x(0.75)}" y1="${TOP - 6}" x2="${x(0.75)}" y2="${bottom}" stroke="${MUTED}" stroke-dasharray="4 3"/>`,
    text(x(0.5), bottom + 34, "accuracy (dashed: 0.75, what the shape alone gives in every domain)", { fill: MUTED }),
    circle(LEFT + 4, 22, 5, `fill="${SOURCE}"`),
    text(LEFT + 14, 26, "source domains, held out", { anchor: "start" }),
    diamond(LEFT + 184, 22, 6, `fill="${TARGET}"`),
    text(LEFT + 196, 26, "target, where the colour flips", { anchor: "start" }),
    text(LEFT + 384, 26, `large: mean of ${results[0].target.length} seeds`, { anchor: "start", fill: MUTED }),
  );
  for (const [row, { name, source, target }] of results.entries()) {
    const y = TOP + ROW * (row + 0.5);
    marks.push(text(LEFT - 10, y + 4, name, { anchor: "end" }));
    for (const value of source) marks.push(circle(x(value), y, 2, `fill="${SOURCE}" opacity="0.45"`));
    for (const value of target) marks.push(diamond(x(value), y, 2.5, `fill="${TARGET}" opacity="0.45"`));
    marks.push(circle(x(spread(source).mean), y, 5, `fill="${SOURCE}"`));
    marks.push(diamond(x(spread(target).mean), y, 6, `fill="${TARGET}"`));
  }
  const font = `font-family="system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" ${font}>`,
    "<title>Accuracy of every algorithm on the source domains and on the target</title>",
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...marks,
    "</svg>",
    "",
  ].join("\n");
}
