#!/usr/bin/env node
/**
 * Compares every network in every variant with PyTorch in float64, and makes the table of docs/guides/backbones.md of the
 * deviations. EfficientNet's references are computed here, which takes minutes and 4 GB of memory for the large ones; those of
 * other networks are the tests' fixtures. Needs the built native engine, and Python with PyTorch (`PYTHON`).
 *
 *     npm run parity                prints the table
 *     npm run parity -- --write     writes it
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { markdown, withTable } from "./tables.mjs";

const packageFolder = join(import.meta.dirname, "..");
const root = join(packageFolder, "..", "..");
const results = join(packageFolder, "test-results");
const guide = join(root, "docs", "guides", "backbones.md");
const script = join(root, "tools", "reference-fixtures", "backbones", "efficientnet.py");
const python = process.env.PYTHON ?? "/usr/bin/python3";

/** Runs vitest on the native engine; the deviations are left in `results`. */
function compare(args, environment = {}) {
  const { status } = spawnSync("vitest", ["run", "--maxWorkers=1", ...args], {
    cwd: packageFolder,
    env: { ...process.env, ROGA_TEST_ENGINE: "onednn", ...environment },
    stdio: ["ignore", "inherit", "inherit"],
  });
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

const short = (deviation) => (deviation === undefined ? "–" : deviation.toExponential(1));

function table() {
  const files = readdirSync(results).filter(
    (file) => /^parity-.*\.json$/.test(file) && file !== "parity-efficientnet.json",
  );
  const rows = files.flatMap((file) => JSON.parse(readFileSync(join(results, file), "utf8")));
  const order = ["xception", "resnet", "efficientnet"];
  const place = ({ name }) => order.findIndex((prefix) => name.startsWith(prefix));
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

mkdirSync(results, { recursive: true });
for (const file of readdirSync(results)) if (/^parity-.*\.json$/.test(file)) rmSync(join(results, file));
const others = readdirSync(join(packageFolder, "test")).filter((file) =>
  /^(?!meso|efficientnet).*-against-pytorch\.test\.ts$/.test(file),
);
compare(others.map((file) => join("test", file)));
for (let number = 0; number < 8; number++) compareEfficientNet(`efficientnet-b${number}`);
if (process.exitCode) throw new Error("not everything agrees");
if (process.argv.includes("--write")) writeFileSync(guide, withTable(readFileSync(guide, "utf8"), "parity", table()));
else console.log(table());
