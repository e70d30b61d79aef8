#!/usr/bin/env node
/**
 * Compares every network in every variant with PyTorch in float64, and makes the table of docs/guides/backbones.md of the
 * deviations. EfficientNet's references are computed here, which takes minutes and 4 GB of memory for the large ones; those of
 * other networks are the tests' fixtures. Needs the built native engine, and Python with PyTorch (`PYTHON`).
 *
 *     npm run parity                                       prints the table
 *     npm run parity -- --write                            writes it
 *     npm run parity -- --write --nets efficientnet-b6,…   compares these again (others: meso, xception, resnet; "none":
 *                                                          none), and keeps the other lines of the last run
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { markdown, withTable } from "./tables.mjs";

const packageFolder = join(import.meta.dirname, "..");
const root = join(packageFolder, "..", "..");
const results = join(packageFolder, "test-results");
const guide = join(root, "docs", "guides", "backbones.md");
const script = join(root, "tools", "reference-fixtures", "backbones", "efficientnet.py");
const python = process.env.PYTHON ?? "/usr/bin/python3";

/** Runs vitest on the native engine; the deviations are left in `results`. */
function compare(args, environment = {}) {
  const { status } = spawnSync(
    "vitest",
    ["run", "--maxWorkers=1", "--testTimeout=600000", "--hookTimeout=600000", ...args],
    {
      cwd: packageFolder,
      env: { ...process.env, ROGA_TEST_ENGINE: "onednn", ...environment },
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  if (status !== 0) process.exitCode = 1;
}

/** Compares all variants of one EfficientNet. */
function compareEfficientNet(name) {
  const options = { encoding: "utf8", maxBuffer: 2 ** 30, stdio: ["ignore", "pipe", "inherit"] };
  const networks = execFileSync(python, ["-B", script, name], options).trim().split("\n");
  const file = join(results, `${name}.json`);
  writeFileSync(file, `{"samples":3,"networks":[\n${networks.join(",\n")}\n]}\n`);
  compare(["--config", "bench/parity.config.mjs"], { PARITY_FIXTURE: file });
  rmSync(file);
}

/** Networks whose tests' fixtures have all that is compared, and those whose references are made here; in the table's order. */
const fixtureNets = ["meso", "xception", "resnet"];
const efficientNets = Array.from({ length: 8 }, (_, number) => `efficientnet-b${number}`);

/** Whether a file holds deviations for the table; those of EfficientNet's fixture are of smaller images. */
const isResult = (file) => /^parity-.*\.json$/.test(file) && file !== "parity-efficientnet.json";

const short = (deviation) => (deviation === undefined ? "–" : deviation.toExponential(1));

function table() {
  const files = readdirSync(results).filter(isResult);
  const all = files.flatMap((file) => JSON.parse(readFileSync(join(results, file), "utf8")));
  // The activations are compared last.
  const rows = all.filter(({ activations }) => activations !== undefined);
  for (const row of all)
    if (!rows.includes(row)) console.warn(`left out, for it does not agree: ${JSON.stringify(row)}`);
  const place = ({ name }) => [...fixtureNets, "efficientnet"].findIndex((prefix) => name.startsWith(prefix));
  rows.sort((a, b) => place(a) - place(b) || a.name.localeCompare(b.name, "en", { numeric: true }));
  const head = ["network", "variant", "logits", "activations", "statistics", "gradients, median", "gradients, largest"];
  const line = ({ name, variant, logits, activations, statistics, gradientMedian, gradient, trainingLogits }) => [
    `\`${name}\``,
    `\`${variant}\``,
    short(Math.max(logits, trainingLogits)),
    ...[activations, statistics, gradientMedian, gradient].map(short),
  ];
  return markdown([head, ...rows.map(line)]);
}

const { values: options } = parseArgs({ options: { write: { type: "boolean" }, nets: { type: "string" } } });
const known = [...fixtureNets, ...efficientNets];
const again = options.nets === "none" ? [] : (options.nets?.split(",") ?? known);
const unknown = again.filter((name) => !known.includes(name));
if (unknown.length > 0) throw new RangeError(`--nets: expected some of ${known.join(", ")}, got ${unknown}`);

mkdirSync(results, { recursive: true });
if (options.nets === undefined) {
  for (const file of readdirSync(results)) if (isResult(file)) rmSync(join(results, file));
}
const tests = fixtureNets.filter((name) => again.includes(name)).map((name) => `test/${name}-against-pytorch.test.ts`);
if (tests.length > 0) compare(tests);
for (const name of efficientNets.filter((name) => again.includes(name))) compareEfficientNet(name);
if (process.exitCode) throw new Error("not everything agrees");
if (options.write) writeFileSync(guide, withTable(readFileSync(guide, "utf8"), "parity", table()));
else console.log(table());
