/** The example of the guide "Use RoGA on your own model" runs, and prints what the guide says. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test, vi } from "vitest";

const root = new URL("../../../", import.meta.url);

test("the guide shows the example as it is, and what it prints", async () => {
  tf.env().set("IS_TEST", true); // leaves out the advice to use another engine
  await tf.setBackend("cpu");
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const program = fileURLToPath(new URL("examples/roga-on-your-own-model.mjs", root));
  await import(/* @vite-ignore */ program);
  const printed = log.mock.calls.map(([line]) => String(line));
  vi.restoreAllMocks();
  expect(printed).toContain("resumed run equals the straight one bit for bit: true");

  const guide = readFileSync(new URL("docs/guides/roga-on-your-own-model.md", root), "utf8");
  expect(guide).toContain(printed.map((line) => `    ${line}\n`).join(""));
  const shown = [...guide.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code!.trim());
  const source = readFileSync(program, "utf8");
  expect(shown.length).toBeGreaterThan(0);
  for (const code of shown) expect(source).toContain(code);
}, 300_000);
