/** The examples of the guide "Use RoGA on your own model" run, and print what the guide says. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test, vi } from "vitest";

const root = new URL("../../../", import.meta.url);
const guide = readFileSync(new URL("docs/guides/roga-on-your-own-model.md", root), "utf8");
const programs = ["roga-on-your-own-model", "stop-and-go-on"].map((name) => {
  const path = fileURLToPath(new URL(`examples/${name}.mjs`, root));
  return { name, path, source: readFileSync(path, "utf8") };
});

test.each(programs)(
  "the guide shows what $name prints",
  async ({ name, path }) => {
    tf.env().set("IS_TEST", true); // leaves out the advice to use another engine
    await tf.setBackend("cpu");
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    await import(/* @vite-ignore */ path);
    const printed = log.mock.calls.map(([line]) => String(line));
    vi.restoreAllMocks();
    if (name === "stop-and-go-on")
      expect(printed).toContain("the resumed run equals the straight one bit for bit: true");
    expect(guide).toContain(printed.map((line) => `    ${line}\n`).join(""));
  },
  300_000,
);

test("the guide shows the programs as they are, and the first is of 40 lines", () => {
  const shown = [...guide.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code!.trim());
  expect(shown).toHaveLength(4);
  for (const code of shown)
    expect(
      programs.some(({ source }) => source.includes(code)),
      code,
    ).toBe(true);
  expect(programs[0]!.source.trimEnd().split("\n")).toHaveLength(40);
});
