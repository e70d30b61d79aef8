/** The readme's first program runs, and prints what the readme says. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test, vi } from "vitest";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

test("the program prints the losses and weights that stand below it", async () => {
  tf.env().set("IS_TEST", true); // leaves out the advice to use another engine
  await tf.setBackend("cpu");
  const readme = readFileSync(at("README.md"), "utf8");
  const [, code, printed] = readme.match(/```js\n([\s\S]*?)```\n\nprints\n\n((?: {4}.*\n)+)/)!;
  mkdirSync(at("test-results"), { recursive: true });
  const program = at("test-results/readme.mjs");
  writeFileSync(program, code!);
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  await import(/* @vite-ignore */ program);
  const lines = log.mock.calls.map((values) =>
    values
      .map((value) => (value instanceof Float32Array ? `Float32Array(2) [ ${value.join(", ")} ]` : value))
      .join(" "),
  );
  vi.restoreAllMocks();
  expect(lines.map((line) => `    ${line}\n`).join("")).toBe(printed);
});
