/**
 * TensorFlow.js' own suite on this backend, all of it, with every tensor in pooled memory. The same bundle is run on the
 * JavaScript backend too: were it to lose specs on the way, the count would show it.
 */
import { beforeAll, expect, test } from "vitest";
import { bundleSuite, runSuite } from "./suite.js";

/** Specs of TensorFlow.js 4.22.0 that run on its JavaScript backend in Node.js. */
const SPECS = 4227;
/** Specs that TensorFlow.js 4.22.0 marks as not to be run (`xit`). */
const PENDING = [
  "debug on cpu {} A x B",
  "IS_BROWSER isBrowser: true",
  "IS_BROWSER isBrowser: false",
  "kernel_registry cpu {} errors when registering the same kernel twice",
  "gradient registry cpu {} warning when registering the same gradient twice",
];
/** Specs that TensorFlow.js 4.22.0 defines for a backend named "cpu" only; behaviour/memory.test.ts has the like for this one. */
const CPU_ONLY = [
  "Switching cpu backends cpu {} Move data from cpu1 to cpu2 backend",
  "Switching cpu backends cpu {} can execute op with data from mixed backends",
];

const renamed = (names: string[]) => names.map((name) => name.replaceAll(" cpu {}", " onednn {}"));

beforeAll(bundleSuite, 60_000);

test("TensorFlow.js' suite passes", async () => {
  const cpu = await runSuite("cpu");
  expect(cpu.failed).toEqual([]);
  expect(cpu.excluded).toEqual([]);
  expect(cpu.pending).toEqual(PENDING);
  expect(cpu.passed.length).toBe(SPECS);

  const onednn = await runSuite("onednn");
  expect(onednn.failed).toEqual([]);
  expect(onednn.excluded).toEqual([]);
  expect(onednn.pending).toEqual(renamed(PENDING));
  expect(onednn.passed).toEqual(renamed(cpu.passed.filter((name) => !CPU_ONLY.includes(name))));
  expect(onednn.kernelCalls).toBeGreaterThan(0);
}, 120_000);
