import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Comparison, type Spread, summarise } from "../src/index.js";
import { spread } from "../src/statistics.js";
import { comparison, run } from "./example.js";

type Macro = Record<"auc" | "eer" | "ap", Spread>;

/** NumPy's figures for a random comparison, from tools/reference-fixtures/report/make.py. */
const reference: {
  comparison: Comparison;
  expected: {
    cells: Record<string, Record<"auc" | "eer" | "ap", Spread> & { low: number; high: number }>;
    seen: Record<string, Macro>;
    unseen: Record<string, Macro>;
    seconds: Record<string, Spread>;
    imagesPerSecond: Record<string, Spread>;
    differences: { algorithm: string; difference: Spread | null; higher: number }[];
  };
} = JSON.parse(readFileSync(new URL("fixtures/summary.json", import.meta.url), "utf8"));

function expectSpread(actual: Spread | null | undefined, expected: Spread | null | undefined): void {
  if (!expected || !actual) {
    expect(actual).toBe(expected);
    return;
  }
  expect(actual.count).toBe(expected.count);
  for (const key of ["mean", "min", "max"] as const) expect(actual[key]).toBeCloseTo(expected[key], 12);
  if (expected.deviation === null) expect(actual.deviation).toBeNull();
  else expect(actual.deviation).toBeCloseTo(expected.deviation, 12);
}

describe("spread", () => {
  it("gives mean, sample standard deviation and range", () => {
    const expected = { count: 4, mean: 5, deviation: Math.sqrt(20 / 3), min: 2, max: 8 };
    expectSpread(spread([2, 4, 6, 8]), expected);
  });

  it("has no deviation for one value and is null for none", () => {
    expect(spread([0.25])).toEqual({ count: 1, mean: 0.25, deviation: null, min: 0.25, max: 0.25 });
    expect(spread([])).toBeNull();
  });
});

describe("summarise, against NumPy", () => {
  const { expected } = reference;
  const summary = summarise(reference.comparison);
  const names = summary.algorithms.map(({ name }) => name);

  it("keeps algorithms in the order of their first run, with their seeds", () => {
    expect(summary.algorithms.map(({ name, seeds }) => [name, seeds])).toEqual([
      ["ROGA", [3, 1, 2, 7]],
      ["ERM", [1, 2, 3]],
      ["sam", [9]],
    ]);
  });

  it("means every domain over the seeds where it is defined", () => {
    const rows = [...summary.seen.rows, ...summary.unseen.rows];
    expect(rows).toHaveLength(7);
    for (const { domain, cells } of rows) {
      cells.forEach((cell, i) => {
        const cellExpected = expected.cells[`${domain}/${names[i]}`]!;
        for (const metric of ["auc", "eer", "ap"] as const) expectSpread(cell[metric], cellExpected[metric]);
        expect(cell.low).toBe(cellExpected.low);
        expect(cell.high).toBe(cellExpected.high);
      });
    }
  });

  it("leaves a domain that one run lacks out of the means of every run, and names it", () => {
    expect(summary.unseen.entered).toEqual(["sbi", "diff", "blend"]);
    expect(summary.unseen.leftOut).toEqual(["gan"]);
    expect(summary.seen.leftOut).toEqual([]);
    const gan = summary.unseen.rows.find(({ domain }) => domain === "gan")!;
    expect(gan.cells.map(({ missing }) => missing)).toEqual([null, "the run recorded no value in 1 of 3 seeds", null]);
    names.forEach((name, i) => {
      for (const metric of ["auc", "eer", "ap"] as const) {
        expectSpread(summary.seen.macro[i]![metric], expected.seen[name]![metric]);
        expectSpread(summary.unseen.macro[i]![metric], expected.unseen[name]![metric]);
      }
    });
  });

  it("pairs differences by seed, over the seeds that both have", () => {
    expect(summary.differences.map(({ algorithm, baseline, seeds }) => [algorithm, baseline, seeds.length])).toEqual([
      ["ROGA", "ERM", 3],
      ["sam", "ERM", 0],
    ]);
    summary.differences.forEach(({ difference, higher }, i) => {
      expectSpread(difference, expected.differences[i]!.difference);
      expect(higher).toBe(expected.differences[i]!.higher);
    });
  });

  it("means the cost", () => {
    for (const { name, seconds, imagesPerSecond } of summary.algorithms) {
      expectSpread(seconds, expected.seconds[name]);
      expectSpread(imagesPerSecond, expected.imagesPerSecond[name]);
    }
  });
});

describe("summarise, edges", () => {
  it("says why a value is missing: one class, no value, or no interval", () => {
    const oneClass = run("roga", 1, { a: 0.9, b: null });
    const noInterval = run("roga", 2, { a: 0.9, b: 0.5 });
    noInterval.domains.a!.auc.low = null;
    const cells = [oneClass, noInterval].map((one) => {
      const { seen, unseen } = summarise(comparison([one], ["a"], ["b"]));
      return [seen.rows[0]!.cells[0]!.missing, unseen.rows[0]!.cells[0]!.missing];
    });
    expect(cells).toEqual([
      [null, "only one class: 0 fakes, 120 reals"],
      ["an interval was not computed", null],
    ]);
  });

  it("has no difference without an algorithm named erm, and null means where no domain entered", () => {
    const summary = summarise(comparison([run("roga", 1, { a: null }), run("sam", 1, { a: null })], [], ["a"]));
    expect(summary.differences).toEqual([]);
    expect(summary.unseen.entered).toEqual([]);
    expect(summary.unseen.macro.map(({ auc }) => auc)).toEqual([null, null]);
  });

  it("is empty for no run", () => {
    expect(summarise(comparison([], ["a"], ["b"])).algorithms).toEqual([]);
  });
});
