/**
 * The page around a report: one file that needs no network and no script, follows the reader's light or dark setting,
 * and prints on white. Its content security policy forbids everything but its own styles and embedded images.
 */

import { darkRules, INK } from "../charts/palette.js";
import { FONT } from "../charts/render.js";
import { html, type Markup, trusted } from "./markup.js";

const STYLE = `
:root{--text:${INK.text.light};--muted:${INK.muted.light};--grid:${INK.grid.light};--page:${INK.background.light}}
@media screen and (prefers-color-scheme:dark){
:root{color-scheme:dark;--text:${INK.text.dark};--muted:${INK.muted.dark};--grid:${INK.grid.dark};--page:${INK.background.dark}}
${darkRules()}
}
*{box-sizing:border-box}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:64rem;background:var(--page);color:var(--text);font:16px/1.5 ${FONT}}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.5rem 0 .5rem;overflow-wrap:anywhere}
p,li,dd{overflow-wrap:anywhere}
.muted,figcaption{color:var(--muted);font-size:.875rem}
figure{margin:1rem 0;break-inside:avoid}
figure svg,figure img{max-width:100%;height:auto;display:block}
.row figcaption{width:0;min-width:100%}
.row{display:flex;flex-wrap:wrap;gap:0 1rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;margin:.75rem 0}
th,td{padding:.3rem .6rem;text-align:left;border-bottom:1px solid var(--grid);white-space:nowrap}
td.long{white-space:normal;overflow-wrap:anywhere;min-width:12rem}
th{font-weight:600}
th.number,td.number{text-align:right}
tr.group th{padding-top:1rem;color:var(--muted)}
tr.mean td,tr.mean th{border-bottom:2px solid var(--muted);font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:.5rem 0}
dt{color:var(--muted)}
dd{margin:0}
@media print{h2{break-after:avoid}tr{break-inside:avoid}body{max-width:none;padding:0;font-size:11pt}.scroll{overflow:visible}table{font-size:8.5pt}th,td{padding:.15rem .35rem}}
`;

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** A whole HTML document. */
export function page(title: string, body: Markup): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
${body}
</body>
</html>
`.text;
}

/** A chart of this package with its caption. */
export function chartFigure(svg: string, caption: string): Markup {
  return html`<figure>${trusted(svg)}<figcaption>${caption}</figcaption></figure>`;
}

/** Terms with their descriptions. */
export function definitions(entries: readonly (readonly [string, string])[]): Markup {
  return html`<dl>${entries.map(([term, text]) => html`<dt>${term}</dt><dd>${text}</dd>`)}</dl>`;
}
