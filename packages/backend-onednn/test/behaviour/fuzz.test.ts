/** Whatever the functions of the addon are called with, they throw an error or do what they should. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { loadAddon } from "../../src/load.js";
import { exampleCalls, SMALL } from "../support/example-calls.js";
import { bundleProgram, runProgram } from "../support/program.js";

beforeAll(() => bundleProgram("fuzz"));

const functions = Object.entries(loadAddon()).filter(([, member]) => typeof member === "function");

it("knows every function of the addon", () => {
  expect(Object.keys(exampleCalls(SMALL)).sort()).toEqual(functions.map(([name]) => name).sort());
});

const CALLS = 400;

it.each([1, 2, 3])("functions refuse wrong arguments, seed %i", async (seed) => {
  const file = join(import.meta.dirname, "..", "..", "test-results", `fuzz-${seed}.txt`);
  const { status, signal, stdout, stderr } = await runProgram("fuzz", [String(seed), String(CALLS), file]);
  if (status !== 0) {
    const last = readFileSync(file, "utf8").trim();
    throw new Error(`seed ${seed}, ${last}: ended with ${signal ?? status}\n${stderr}`);
  }
  const { thrown } = JSON.parse(stdout) as { thrown: number };
  expect(thrown).toBeGreaterThan((CALLS * functions.length) / 2);
});
