#!/usr/bin/env node
/**
 * Prints KERNELS.md, the table of the backend's kernels, from those that it registers; with --write, writes it.
 *
 *     node tools/kernels.mjs [--write]
 */
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { compileFunction } from "node:vm";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const require = createRequire(import.meta.url);

/** The kernels' declarations, which are TypeScript. They need no addon. */
async function declarations() {
  const { outputFiles } = await build({
    stdin: {
      contents: 'export { kernels } from "./src/kernels/index.js"; export * as ops from "@roga/ops";',
      resolveDir: root,
    },
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "node20",
    conditions: ["@roga/source"],
    external: ["@tensorflow/*"],
    logLevel: "error",
  });
  const module = { exports: {} };
  compileFunction(outputFiles[0].text, ["require", "module", "exports"])(require, module, module.exports);
  return module.exports;
}

/** Rows of a table in Markdown, its columns of the width of their longest cells. */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  const [head, ...body] = rows;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

const { kernels, ops } = await declarations();
const { getKernelsForBackend } = require("@tensorflow/tfjs-core");
require("@tensorflow/tfjs-backend-cpu");

const javascript = new Set(getKernelsForBackend("cpu").map(({ kernelName }) => kernelName));
const native = new Map(kernels.map((kernel) => [kernel.name, kernel]));
const ofOps = new Set(Object.values(ops).filter((value) => typeof value === "string"));
const alphabetically = (names) => [...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
const own = alphabetically([...native.keys()].filter((name) => !javascript.has(name)));

const left = (name) => {
  const kernel = native.get(name);
  if (kernel === undefined) return ["JavaScript", "all"];
  const { types = "other types", other } = kernel.leaves;
  return ["native", [types, ...(other === undefined ? [] : [other])].join("; ")];
};

const text = `# Kernels

Made by \`npm run kernels\` from the kernels that the backend registers: of TensorFlow.js' ${javascript.size} kernels,
${[...javascript].filter((name) => native.has(name)).length} are native, and ${own.length} more are its own.

## TensorFlow.js' kernels

A native kernel takes float32 tensors and leaves what the last column says to the JavaScript kernel of
\`@tensorflow/tfjs-backend-cpu\`, and so it does, whatever the kernel, with tensors without values and tensors with more
than eight axes that cannot be walked as fewer. Where a result has the input's numbers in their order, either kernel gives
a second reference to them instead of a copy.

${table([["kernel", "computed in", "left to JavaScript"], ...alphabetically(javascript).map((name) => [name, ...left(name)])])}

## Kernels of its own

There are no JavaScript kernels for these. \`@roga/ops\` composes its operations of others on backends that lack them; the
gradients of this backend use theirs where they apply, and TensorFlow.js' gradients elsewhere.

${table([["kernel", "used by"], ...own.map((name) => [name, ofOps.has(name) ? "`@roga/ops`" : "gradients"])])}
`;

if (process.argv.includes("--write")) writeFileSync(join(root, "KERNELS.md"), text);
else process.stdout.write(text);
