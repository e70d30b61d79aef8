#!/usr/bin/env node
/**
 * Makes the tables and the picture of the guides, from runs on the JavaScript engine that take a minute or two. Tables
 * stand between `<!-- table: … -->` and `<!-- end -->`. It runs the built package.
 *
 *     npm run tables                prints the tables
 *     npm run tables -- --write     writes them into docs/, and what they are made of to test/fixtures/
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { algorithmRows, optionRows } from "./tables/costs.mjs";
import { picture } from "./tables/picture.mjs";
import { accuracyRows, seeds, spuriousFeature } from "./tables/spurious-feature.mjs";
import { distanceRows, objectiveRows, testProblems } from "./tables/test-problems.mjs";

const docs = join(import.meta.dirname, "..", "..", "..", "docs");
const fixtures = join(import.meta.dirname, "..", "test", "fixtures");

/** Rows as a table in Markdown, its columns of the width of their longest cells. */
function markdown(rows) {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  const [head, ...body] = rows;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

/** The tables by name. */
export function tables({ problems, accuracies }) {
  return {
    distances: markdown(distanceRows(problems)),
    objectives: markdown(objectiveRows(problems)),
    accuracies: markdown(accuracyRows(accuracies)),
    options: markdown(optionRows()),
    algorithms: markdown(algorithmRows()),
  };
}

/**
 * What the documentation should hold: the text of each file by its path.
 *
 * @param found what `testProblems` and `spuriousFeature` give
 */
export function documents(found) {
  const made = tables(found);
  const filled = ["guides/test-problems.md", "guides/roga-step.md"].map((name) => {
    const path = join(docs, name);
    const text = readFileSync(path, "utf8").replace(
      /(<!-- table: (\w+) -->\n)[\s\S]*?(\n<!-- end -->)/g,
      (_, ...groups) => {
        const [before, table, after] = groups;
        if (made[table] === undefined) throw new Error(`${name}: no table "${table}"`);
        return `${before}\n${made[table]}\n${after}`;
      },
    );
    return [path, text];
  });
  return Object.fromEntries([...filled, [join(docs, "images", "spurious-feature.svg"), picture(found.accuracies)]]);
}

async function main() {
  tf.env().set("IS_TEST", true); // leaves out the advice to use another engine
  await tf.setBackend("cpu");
  const found = { problems: await testProblems(), accuracies: await spuriousFeature(seeds) };
  if (process.argv.includes("--write")) {
    for (const [path, text] of Object.entries(documents(found))) writeFileSync(path, text);
    writeFileSync(join(fixtures, "test-problems.json"), `${JSON.stringify(found.problems)}\n`);
    writeFileSync(join(fixtures, "spurious-feature.json"), `${JSON.stringify(found.accuracies)}\n`);
  } else {
    for (const [name, table] of Object.entries(tables(found))) console.log(`${name}\n\n${table}\n`);
  }
}

if (process.argv[1] === import.meta.filename) await main();
