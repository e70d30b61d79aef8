import { describe, expect, it } from "vitest";
import { type Comparison, ReportError, type RunResult, rocCurves, type ScoreTable, summarise } from "../src/index.js";
import { comparison, run } from "./example.js";

function changed(change: (first: RunResult) => void): Comparison {
  const first = run("roga", 1, { a: 0.9, b: 0.6 });
  change(first);
  return comparison([run("erm", 1, { a: 0.9, b: 0.6 }), first], ["a"], ["b"]);
}

describe("a malformed comparison is refused", () => {
  const two = comparison([run("roga", 1, { a: 0.9 }), run("roga", 1, { a: 0.9 })], ["a"], []);
  it.each<[string, Comparison]>([
    ['sourceDomains, targetDomains: expected each domain once, got "a" twice', comparison([], ["a"], ["b", "a"])],
    ['runs[1]: expected one run per algorithm and seed, got "roga" with seed 1 twice', two],
    [
      'runs[1].domains: expected a result for every domain, got none for "b"',
      changed(({ domains }) => {
        delete domains.b;
      }),
    ],
    [
      'runs[1].domains: expected only source and target domains, got "c", which is neither',
      changed(({ domains }) => {
        domains.c = domains.a!;
      }),
    ],
    [
      "runs[1].domains.b.auc.value: expected a number in 0…1 or null, got 1.2",
      changed(({ domains }) => {
        domains.b!.auc.value = 1.2;
      }),
    ],
    [
      "runs[1].domains.a.ap.low: expected a number in 0…1 or null, got NaN",
      changed(({ domains }) => {
        domains.a!.ap.low = Number.NaN;
      }),
    ],
    [
      "runs[1].domains.a.eer: expected low ≤ high, got [0.4, 0.2]",
      changed(({ domains }) => {
        domains.a!.eer = { value: 0.3, low: 0.4, high: 0.2 };
      }),
    ],
    [
      "runs[1].domains.b.fakes: expected every run to be tested on the same images, got 7 where runs[0] has 120",
      changed(({ domains }) => {
        domains.b!.fakes = 7;
      }),
    ],
    [
      "runs[1].seconds: expected a finite number of at least 0, got -1",
      changed((first) => {
        first.seconds = -1;
      }),
    ],
  ])("%s", (message, record) => {
    expect(() => summarise(record)).toThrow(ReportError);
    expect(() => summarise(record)).toThrow(message);
  });
});

describe("a malformed score table is refused", () => {
  const table: ScoreTable = { name: "t", labels: [0, 1], scores: [0.1, 0.9], domains: ["a", "a"] };
  it.each<[string, ScoreTable]>([
    ['table "t": expected columns of one length, got 2 labels, 1 scores, 2 domains', { ...table, scores: [0.1] }],
    ['table "t": labels[1]: expected 0 (real) or 1 (fake), got 2', { ...table, labels: [0, 2] }],
    ['table "t": scores[0]: expected a probability in 0…1, got -3.5', { ...table, scores: [-3.5, 0.9] }],
    ['table "t": scores[1]: expected a probability in 0…1, got NaN', { ...table, scores: [0.1, Number.NaN] }],
  ])("%s", async (message, record) => {
    await expect(async () => rocCurves(record)).rejects.toThrow(message);
  });
});
