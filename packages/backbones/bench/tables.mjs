#!/usr/bin/env node
/**
 * Makes the table of networks in the package's README, between `<!-- table: models -->` and `<!-- end -->`. It runs the built
 * package.
 *
 *     npm run tables                prints it
 *     npm run tables -- --write     writes it
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import "@tensorflow/tfjs";
import { backbones } from "@roga/backbones";
import * as tf from "@tensorflow/tfjs-core";

const readme = join(import.meta.dirname, "..", "README.md");

/** Rows as a table in Markdown, its columns of the width of their longest cells. */
export function markdown(rows) {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  const [head, ...body] = rows;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

/** Text with the table of that name in its place. */
export function withTable(text, name, table) {
  const place = new RegExp(`(<!-- table: ${name} -->\n)[\\s\\S]*?(\n<!-- end -->)`);
  if (!place.test(text)) throw new Error(`no table "${name}"`);
  return text.replace(place, (_, before, after) => `${before}\n${table}\n${after}`);
}

const grouped = (count) => count.toLocaleString("en-US");

/** @param built of every network its definition and what it costs with the default options */
export function modelTable(built) {
  const head = ["network", "variants, first the default", "input, pixels", "parameters", "million MACs", "dropout"];
  const rows = built.map(({ definition, cost }) => {
    const { name, variants, inputSize, dropout } = definition;
    return [
      `\`${name}\``,
      variants.map((variant) => `\`${variant}\``).join(", "),
      `${inputSize.default}; ${inputSize.min} to ${inputSize.max}`,
      grouped(cost.trainableParameters),
      grouped(Math.round(cost.macs / 1e6)),
      String(dropout),
    ];
  });
  return markdown([head, ...rows]);
}

/** What the README should be. */
export const readmeWith = (built) => withTable(readFileSync(readme, "utf8"), "models", modelTable(built));

async function main() {
  tf.env().set("IS_TEST", true); // leaves out the advice to use another engine
  await tf.setBackend("cpu");
  const built = backbones.map((definition) => {
    const backbone = definition.build({ initialWeights: "zeros" });
    backbone.dispose();
    return { definition, cost: backbone.cost };
  });
  if (process.argv.includes("--write")) writeFileSync(readme, readmeWith(built));
  else console.log(modelTable(built));
}

if (process.argv[1] === import.meta.filename) await main();
