import { describe, expect, it } from "vitest";
import { delongInterval, delongTest, rocAuc, UndefinedMetricError } from "../src/index.js";
import { Xoshiro128 } from "../src/random.js";
import { expectAllClose, expectClose, readFixture } from "./support.js";

type Golden = {
  name: string;
  labels: number[];
  scoresA: number[];
  scoresB: number[];
  confidence: number;
  aucA: number;
  aucB: number;
  difference: number;
  standardError: number;
  z: number;
  pValue: number;
  interval: { low: number; high: number };
  intervalA: { standardError: number; linear: number[]; logit: number[] };
};

describe.each(readFixture<Golden>("delong.json"))("against all pairs: $name", (golden) => {
  const { labels, scoresA, scoresB, confidence } = golden;

  it("delongTest", () => {
    const { interval, ...test } = delongTest(labels, scoresA, scoresB, { confidence });
    for (const [key, value] of Object.entries(test)) {
      expectClose(value, golden[key as keyof typeof test], key === "z" ? 1e-10 : 1e-12);
    }
    expect(Math.abs(test.pValue / golden.pValue - 1)).toBeLessThan(1e-9);
    expectClose(interval.low, golden.interval.low);
    expectClose(interval.high, golden.interval.high);
  });

  it("delongInterval", () => {
    const linear = delongInterval(labels, scoresA, { confidence });
    expectClose(linear.value, golden.aucA);
    expectClose(linear.standardError, golden.intervalA.standardError);
    expectAllClose([linear.low, linear.high], golden.intervalA.linear);
    const logit = delongInterval(labels, scoresA, { confidence, scale: "logit" });
    expectAllClose([logit.low, logit.high], golden.intervalA.logit);
  });

  it("turns its sign with the two scores", () => {
    const forth = delongTest(labels, scoresA, scoresB);
    const back = delongTest(labels, scoresB, scoresA);
    expect(back.difference).toBe(-forth.difference);
    expectClose(back.standardError, forth.standardError);
    expectClose(back.interval.low, -forth.interval.high);
  });
});

describe("where there is no variance", () => {
  const labels = [1, 1, 1, 0, 0];
  const scores = [5, 3, 1, 2, 0];

  it("one ranking twice has no test", () => {
    const stretched = scores.map((score) => 10 * score - 7);
    expect(() => delongTest(labels, scores, stretched)).toThrow(UndefinedMetricError);
    expect(delongTest(labels, scores, stretched, { whenUndefined: "null" })).toBeNull();
  });

  it("a perfect ranking has an interval of no width, and none on the logit scale", () => {
    const perfect = [5, 4, 3, 1, 0];
    expect(delongInterval(labels, perfect)).toEqual({ value: 1, low: 1, high: 1, standardError: 0 });
    expect(delongInterval(labels, perfect, { scale: "logit", whenUndefined: "null" })).toBeNull();
  });

  it("needs two samples of each class", () => {
    expect(() => delongInterval([1, 0, 0], [3, 2, 1])).toThrow("2 fake and 2 real samples, got 1 fake and 2 real");
  });
});

it("rejects equal AUCs about as often as it says", () => {
  const random = Xoshiro128.forReplicate(8, 0);
  const noise = () => [1, 2, 3, 4, 5, 6].reduce((sum) => sum + random.next() / 2 ** 32, 0);
  const labels = Array.from({ length: 80 }, (_, i) => i % 2);
  let rejected = 0;
  for (let trial = 0; trial < 400; trial++) {
    const scoresA = labels.map((label) => label + noise());
    const scoresB = labels.map((label) => label + noise());
    if (delongTest(labels, scoresA, scoresB).pValue < 0.05) rejected++;
  }
  // 20 expected; 4.5 standard deviations either side.
  expect(rejected).toBeGreaterThan(1);
  expect(rejected).toBeLessThan(40);
});

it("counts the AUC as rocAuc does", () => {
  const labels = [1, 0, 1, 1, 0, 0, 1];
  const scores = [3, 3, 2, 2, 1, 2, 0];
  expect(delongInterval(labels, scores).value).toBe(rocAuc(labels, scores));
});
