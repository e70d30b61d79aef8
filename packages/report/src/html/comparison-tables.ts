/** The tables of a comparison report: macro averages, every domain, every run. */

import {
  decimal,
  differenceSentence,
  domainCount,
  duration,
  seedCount,
  withDeviation,
  withInterval,
} from "../format.js";
import type { Comparison } from "../records.js";
import type { DomainGroup, Summary } from "../summary.js";
import { html, type Markup } from "./markup.js";

/** Mean AUC over the unseen domains for each algorithm, and the differences paired by seed. */
export function unseenMeans({ algorithms, unseen, differences }: Summary): Markup {
  const rows = unseen.macro.map(({ auc }, i) => {
    const { name, seeds } = algorithms[i]!;
    const range = auc === null || auc.deviation === null ? "–" : `${decimal(auc.min)} to ${decimal(auc.max)}`;
    const count = `${seedCount(seeds.length)}: ${seeds.join(", ")}`;
    return html`<tr><th scope="row">${name}</th><td class="number">${withDeviation(auc)}</td><td class="number">${range}</td><td>${count}</td></tr>`;
  });
  return html`<div class="scroll"><table>
<thead><tr><th scope="col">Mean over ${domainCount(unseen.entered.length, "unseen")}</th><th scope="col" class="number">AUC ± standard deviation</th><th scope="col" class="number">lowest to highest seed</th><th scope="col">seeds</th></tr></thead>
<tbody>${rows}</tbody>
</table></div>
${differences.map((difference) => html`<p>Paired by seed, ${differenceSentence(difference)}.</p>`)}`;
}

function groupRows(title: string, group: DomainGroup, { runs }: Comparison, columns: number): Markup {
  const rows = group.rows.map(({ domain, cells }) => {
    const tested = runs[0]?.domains[domain];
    const metrics = cells.map(
      (cell) =>
        html`<td>${withInterval(cell)}</td><td class="number">${decimal(cell.eer?.mean)}</td><td class="number">${decimal(cell.ap?.mean)}</td>`,
    );
    return html`<tr><th scope="row">${domain}</th><td class="number">${tested?.reals ?? "–"}</td><td class="number">${tested?.fakes ?? "–"}</td><td class="number">${tested?.videos ?? "–"}</td>${metrics}</tr>`;
  });
  const means = group.macro.map(
    ({ auc, eer, ap }) =>
      html`<td>${withDeviation(auc)}</td><td class="number">${decimal(eer?.mean)}</td><td class="number">${decimal(ap?.mean)}</td>`,
  );
  return html`<tr class="group"><th colspan="${columns}">${title}</th></tr>${rows}
<tr class="mean"><th scope="row">mean of ${group.entered.length}</th><td></td><td></td><td></td>${means}</tr>`;
}

/** Every domain with its test images and each algorithm's metrics. */
export function domainTable(comparison: Comparison, { algorithms, seen, unseen }: Summary): Markup {
  const columns = 4 + 3 * algorithms.length;
  const names = algorithms.map(
    ({ name, seeds }) => html`<th colspan="3" scope="colgroup">${name} (${seedCount(seeds.length)})</th>`,
  );
  const metrics = algorithms.map(
    () =>
      html`<th scope="col">AUC [low, high]</th><th scope="col" class="number">EER</th><th scope="col" class="number">AP</th>`,
  );
  return html`<div class="scroll"><table>
<thead><tr><td></td><th colspan="3" scope="colgroup">tested on</th>${names}</tr>
<tr><th scope="col">Domain</th><th scope="col" class="number">reals</th><th scope="col" class="number">fakes</th><th scope="col" class="number">videos</th>${metrics}</tr></thead>
<tbody>${groupRows("Seen in training", seen, comparison, columns)}
${groupRows("Never seen", unseen, comparison, columns)}</tbody>
</table></div>`;
}

/** Every run with its means and its cost. */
export function runTable({ runs }: Comparison, { algorithms, seen, unseen }: Summary): Markup {
  const rows = runs.map((run) => {
    const i = algorithms.findIndex(({ name }) => name === run.algorithm);
    const mean = (group: DomainGroup) => decimal(group.macro[i]?.seeds.find(({ seed }) => seed === run.seed)?.value);
    const cells = [
      run.seed,
      mean(seen),
      mean(unseen),
      run.selectedEpoch,
      duration(run.seconds),
      run.imagesPerSecond.toFixed(1),
    ];
    return html`<tr><th scope="row">${run.algorithm}</th>${cells.map((cell) => html`<td class="number">${cell}</td>`)}</tr>`;
  });
  const heads = ["seed", "mean AUC, seen", "mean AUC, unseen", "selected epoch", "training time", "images/s"];
  return html`<div class="scroll"><table>
<thead><tr><th scope="col">Algorithm</th>${heads.map((head) => html`<th scope="col" class="number">${head}</th>`)}</tr></thead>
<tbody>${rows}</tbody>
</table></div>`;
}
