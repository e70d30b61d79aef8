/**
 * Every native kernel against the JavaScript one, or against a reference in double precision where there is none: over
 * shapes that matter, with what is not finite among the inputs, with every output buffer full of NaN before it is
 * written, with guards around all arrays, and with the same bits when it is run again.
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OnednnBackend } from "../../src/backend.js";
import { kernels } from "../../src/kernels/index.js";
import { BACKEND } from "../../src/register.js";
import { useGuardedBackend } from "../support/pooled-backend.js";
import type { Case } from "./case.js";
import { allCases } from "./cases.js";
import { compareOutputs, inMagnitude, type Output, outputsOf } from "./run-case.js";

const cases = allCases();

beforeAll(() => {
  tf.env().set("IS_TEST", true);
  useGuardedBackend();
});
afterAll(() => tf.setBackend("cpu"));

/** What the kernel should give and, if the tolerance asks for it, what it gives for absolute values. */
async function referenceOf(case_: Case, actual: Output[]): Promise<{ expected: Output[]; magnitudes?: Output[] }> {
  const { reference, like = [case_], tolerance } = case_;
  if (reference) return { expected: reference().map((values, index) => ({ ...actual[index]!, values })) };
  await tf.setBackend("cpu");
  const expected = like.flatMap((own) => outputsOf(own));
  if (tolerance === "exact" || tolerance.terms === undefined) return { expected };
  return { expected, magnitudes: like.flatMap((own) => outputsOf(inMagnitude(own))) };
}

async function check(case_: Case): Promise<void> {
  await tf.setBackend(BACKEND);
  const { addon } = tf.backend() as OnednnBackend;
  const before = addon.kernelCalls();
  const actual = outputsOf(case_);
  const calls = addon.kernelCalls() - before;
  const again = outputsOf(case_);
  compareOutputs({ ...case_, label: `${case_.label}, again`, tolerance: "exact" }, again, actual);
  const { expected, magnitudes } = await referenceOf(case_, actual);
  compareOutputs(case_, actual, expected, magnitudes);
  if (case_.native !== false && calls === 0) throw new Error(`${case_.kernel}, ${case_.label}: not computed natively`);
}

describe("every native kernel", () => {
  const named = new Set(kernels.map(({ name }) => name));
  test("has cases", () => {
    expect([...named].filter((name) => !cases.some(({ kernel }) => kernel === name))).toEqual([]);
  });
  test.each([...named])("%s", async (name) => {
    const failures: string[] = [];
    for (const case_ of cases.filter(({ kernel }) => kernel === name)) {
      await check(case_).catch((error: Error) => failures.push(error.message));
    }
    expect(failures).toEqual([]);
  });
});
