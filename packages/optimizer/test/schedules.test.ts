import {
  constant,
  cosine,
  OptionError,
  type Schedule,
  type ScheduleProgress,
  stepDecay,
  warmup,
} from "@roga/optimizer";
import { readFixture } from "@roga/test-support";
import { expect, test } from "vitest";

const fixture = readFixture<{ steps: number } & Record<string, number[]>>(import.meta.url, "fixtures/schedules.json");

test.each<[string, Schedule]>([
  ["constant", constant(0.3)],
  ["cosine", cosine()],
  ["cosine to 0.1", cosine({ final: 0.1 })],
  ["step", stepDecay({ every: 6, factor: 0.5 })],
  ["warmup", warmup({ steps: 5, start: 0.2 })],
  ["warmup, cosine to 0.1", warmup({ steps: 5, start: 0.2 }, cosine({ final: 0.1 }))],
])("%s equals PyTorch's over 20 steps", (name, schedule) => {
  const { steps } = fixture;
  const factors = Array.from({ length: steps }, (_, step) => schedule({ step, steps }));
  expect(factors).toBeAllClose(fixture[name]!, { rtol: 1e-12, atol: 1e-15 });
  // A pure function: in any order, and again.
  expect(Array.from({ length: steps }, (_, i) => schedule({ step: steps - 1 - i, steps })).toReversed()).toEqual(
    factors,
  );
});

test("the defaults, and what comes after the end", () => {
  expect([0, 7].map((step) => constant()({ step, steps: 4 }))).toEqual([1, 1]);
  expect([0, 3, 10, 25].map((step) => stepDecay({ every: 10 })({ step, steps: 20 }))).toBeAllClose([1, 1, 0.1, 0.01]);
  expect([0, 5, 10, 30].map((step) => cosine()({ step, steps: 10 }))).toBeAllClose([1, 0.5, 0, 0], { atol: 1e-15 });
  expect([0, 1, 4, 9].map((step) => warmup({ steps: 4 })({ step, steps: 10 }))).toEqual([0, 0.25, 1, 1]);
});

const at = (progress: ScheduleProgress, schedule: Schedule) => () => schedule(progress);
test.each<[string, () => unknown, string]>([
  ["a negative factor", () => constant(-1), "constant.factor: expected a finite number >= 0, got -1"],
  ["a misspelt option", () => cosine({ end: 0 } as never), "cosine: expected only the options final"],
  ["no interval", () => stepDecay({} as never), "stepDecay.every: expected an integer >= 1, got NaN"],
  ["no warm-up", () => warmup({ steps: 0 }), "warmup.steps: expected an integer >= 1, got 0"],
  ["a successor that is none", () => warmup({ steps: 2 }, 1 as never), "warmup.then: expected a schedule, got 1"],
  ["a fraction of a step", at({ step: 1.5, steps: 2 }, cosine()), "cosine.step: expected an integer >= 0, got 1.5"],
  ["no steps", at({ step: 0, steps: 0 }, constant()), "constant.steps: expected an integer >= 1, got 0"],
  [
    "a step after a warm-up that fills the run",
    at({ step: 5, steps: 5 }, warmup({ steps: 5 }, cosine())),
    "cosine.steps",
  ],
])("%s is refused", (_, use, message) => {
  expect(use).toThrow(OptionError);
  expect(use).toThrow(message);
});
