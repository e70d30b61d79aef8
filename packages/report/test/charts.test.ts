import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aucAxisStart, aucMarks } from "../src/charts/auc-by-domain.js";
import { agreementCurves, hasDiagnostics, sharpnessCurves } from "../src/charts/gradient-diagnostics.js";
import { reliability } from "../src/charts/reliability-diagram.js";
import { type RocPoint, rocPoints, thin } from "../src/charts/roc-curves.js";
import { histogramBins } from "../src/charts/score-histogram.js";
import { lossCurves, validationCurves } from "../src/charts/training-curves.js";
import { type LogEntry, type ScoreTable, summarise } from "../src/index.js";
import { byDomain } from "../src/table-domains.js";
import { comparison, run } from "./example.js";

/** scikit-learn's and NumPy's figures, from tools/reference-fixtures/report/make.py. */
const reference: {
  table: ScoreTable;
  expected: Record<string, { auc: number; fpr: number[]; tpr: number[]; real: number[]; fake: number[] }>;
} = JSON.parse(readFileSync(new URL("fixtures/scores.json", import.meta.url), "utf8"));

describe("byDomain", () => {
  it("sets shared reals against domains without reals of their own", () => {
    const table = {
      name: "t",
      labels: [1, 0, 1, 0, 0],
      scores: [0.9, 0.1, 0.8, 0.2, 0.3],
      domains: ["a", "real", "b", "b", "real"],
    };
    expect(byDomain(table)).toEqual([
      { domain: "a", labels: [1, 0, 0], scores: [0.9, 0.1, 0.3], fakes: 1, reals: 2 },
      { domain: "b", labels: [1, 0], scores: [0.8, 0.2], fakes: 1, reals: 1 },
    ]);
  });

  it("keeps a table of reals alone", () => {
    const table = { name: "t", labels: [0], scores: [0.2], domains: ["real"] };
    expect(byDomain(table)).toEqual([{ domain: "real", labels: [0], scores: [0.2], fakes: 0, reals: 1 }]);
  });
});

describe("ROC points and histograms, against scikit-learn and NumPy", () => {
  const domains = byDomain(reference.table);

  it("draws the curve of each domain", () => {
    expect(domains.map(({ domain }) => domain)).toEqual(Object.keys(reference.expected));
    for (const scores of domains) {
      const { auc, fpr, tpr } = reference.expected[scores.domain]!;
      const curve = rocPoints(scores)!;
      expect(curve.auc).toBeCloseTo(auc, 12);
      expect(curve.points.length).toBe(fpr.length);
      curve.points.forEach(({ x, y }, i) => {
        expect(x).toBeCloseTo(fpr[i]!, 12);
        expect(y).toBeCloseTo(tpr[i]!, 12);
      });
    }
  });

  it("has no curve for one class", () => {
    expect(rocPoints({ domain: "a", labels: [1, 1], scores: [0.2, 0.3], fakes: 2, reals: 0 })).toBeNull();
  });

  it("counts the share of each class in 20 bins", () => {
    for (const scores of domains) {
      const bins = histogramBins(scores);
      for (const of of ["real", "fake"] as const) {
        const shares = bins.filter((bin) => bin.of === of).map(({ share }) => share);
        const expected = reference.expected[scores.domain]![of];
        expect(shares).toHaveLength(20);
        shares.forEach((share, i) => {
          expect(share).toBeCloseTo(expected[i]!, 12);
        });
      }
    }
  });

  it("puts a score of 1 into the last bin", () => {
    const bins = histogramBins({ domain: "a", labels: [1, 1], scores: [1, 0], fakes: 2, reals: 0 });
    expect(bins.filter(({ share }) => share > 0)).toEqual([
      { of: "fake", from: 0, share: 0.5 },
      { of: "fake", from: 0.95, share: 0.5 },
    ]);
  });
});

describe("thin", () => {
  it("keeps both ends, and every point left out is within the tolerance of the one kept before it", () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(steps, (moves) => {
        const points: RocPoint[] = [{ x: 0, y: 0 }];
        for (const [dx, dy] of moves) points.push({ x: points.at(-1)!.x + dx / 64, y: points.at(-1)!.y + dy / 64 });
        const kept = thin(points, 0.25);
        expect(kept[0]).toBe(points[0]);
        expect(kept.at(-1)).toBe(points.at(-1));
        let last = points[0]!;
        for (const point of points) {
          if (kept.includes(point)) last = point;
          else expect(Math.max(point.x - last.x, point.y - last.y)).toBeLessThan(0.25);
        }
      }),
    );
  });

  it("keeps the corner before a large step", () => {
    const points = [
      { x: 0, y: 0 },
      { x: 0, y: 0.05 },
      { x: 0, y: 0.09 },
      { x: 1, y: 0.09 },
    ];
    expect(thin(points, 0.1)).toEqual([points[0], points[2], points[3]]);
  });
});

describe("reliability", () => {
  it("bins by score and weighs the error by images", () => {
    // Bin 1 of 15: scores .01, .03 (mean .02), no fake. Bin 15: .96, .98, .97 (mean .97), two of three fake.
    const { bins, error } = reliability({
      name: "t",
      labels: [0, 0, 1, 1, 0],
      scores: [0.01, 0.03, 0.96, 0.98, 0.97],
      domains: ["a", "a", "a", "a", "a"],
    });
    expect(bins.map(({ count, fakeShare }) => [count, fakeShare])).toEqual([
      [2, 0],
      [3, 2 / 3],
    ]);
    expect(bins.map(({ meanProbability }) => Number(meanProbability!.toFixed(12)))).toEqual([0.02, 0.97]);
    expect(error).toBeCloseTo((2 * 0.02 + 3 * (0.97 - 2 / 3)) / 5, 12);
  });

  it("has no bin and no error for an empty table", () => {
    expect(reliability({ name: "t", labels: [], scores: [], domains: [] })).toEqual({ error: null, bins: [] });
  });
});

describe("gradient diagnostics", () => {
  const base = { kind: "step", loss: 1, domainLosses: {}, imagesPerSecond: 1 } as const;
  const log: LogEntry[] = [
    {
      ...base,
      step: 1,
      diagnostics: {
        domainCosines: { a: { b: 0.5, c: -0.1 }, b: { a: 0.5, c: 0.3 }, c: { a: -0.1, b: 0.3 } },
        alignment: 0.9,
        sharpness: { a: 0.2, b: 0.4 },
      },
    },
    { ...base, step: 2 },
    { ...base, step: 3, diagnostics: { alignment: 0.8 } },
    { ...base, step: 4, diagnostics: {} },
  ];

  it("draws mean cosines, cos(g, h) and sharpness of the steps that have them", () => {
    const rounded = ({ points }: ReturnType<typeof agreementCurves>) =>
      points.map(({ domain, x, y }) => [domain, x, Number(y.toFixed(9))]);
    expect(rounded(agreementCurves(log))).toEqual([
      ["a", 1, 0.2],
      ["b", 1, 0.4],
      ["c", 1, 0.1],
      [null, 1, 0.9],
      [null, 3, 0.8],
    ]);
    expect(rounded(sharpnessCurves(log))).toEqual([
      ["a", 1, 0.2],
      ["b", 1, 0.4],
      [null, 1, 0.3],
    ]);
  });

  it("is left out of a report whose log has none", () => {
    expect(hasDiagnostics(log)).toBe(true);
    expect(hasDiagnostics([{ ...base, step: 1 }])).toBe(false);
  });
});

describe("training curves", () => {
  const step = (n: number, domainLosses: Record<string, number>, loss: number): LogEntry => ({
    kind: "step",
    step: n,
    loss,
    domainLosses,
    imagesPerSecond: 1,
  });

  it("draws every step of a short log, domains first", () => {
    const log = [step(1, { a: 0.6, b: 0.8 }, 0.7), step(2, { a: 0.5 }, 0.5), { kind: "checkpoint", step: 2 } as const];
    expect(lossCurves(log)).toEqual({
      stepsPerPoint: 1,
      notFinite: 0,
      points: [
        { domain: "a", x: 1, y: 0.6 },
        { domain: "b", x: 1, y: 0.8 },
        { domain: null, x: 1, y: 0.7 },
        { domain: "a", x: 2, y: 0.5 },
        { domain: null, x: 2, y: 0.5 },
      ],
    });
  });

  it("averages consecutive steps of a long log", () => {
    const log = Array.from({ length: 500 }, (_, i) => step(i + 1, {}, i + 1));
    const { points, stepsPerPoint } = lossCurves(log);
    expect(stepsPerPoint).toBe(3);
    expect(points).toHaveLength(167);
    expect(points.slice(0, 2)).toEqual([
      { domain: null, x: 3, y: 2 },
      { domain: null, x: 6, y: 5 },
    ]);
    expect(points.at(-1)).toEqual({ domain: null, x: 500, y: 499.5 });
  });

  it("counts losses that are not finite instead of drawing them", () => {
    const { points, notFinite } = lossCurves([step(1, { a: Number.NaN, b: 1 }, Number.POSITIVE_INFINITY)]);
    expect(notFinite).toBe(2);
    expect(points).toEqual([{ domain: "b", x: 1, y: 1 }]);
  });

  it("draws validation AUC by epoch, without a point where it is undefined", () => {
    const log: LogEntry[] = [
      { kind: "validation", epoch: 1, step: 5, macroAuc: 0.7, auc: { a: 0.7, b: null } },
      { kind: "validation", epoch: 2, step: 10, macroAuc: null, auc: { a: null, b: null } },
    ];
    expect(validationCurves(log)).toEqual([
      { domain: "a", x: 1, y: 0.7 },
      { domain: null, x: 1, y: 0.7 },
    ]);
  });
});

describe("AUC marks", () => {
  const runs = [
    run("roga", 1, { a: 0.9, b: 0.6, c: null }),
    run("roga", 2, { a: 0.8, b: 0.3, c: null }),
    run("erm", 1, { a: 0.7, b: 0.5, c: null }),
  ];
  const { seen } = summarise(comparison(runs, ["a", "b", "c"], []));
  const marks = aucMarks(
    seen,
    ["roga", "erm"],
    new Map([
      ["a", "A"],
      ["b", "B"],
      ["c", "C"],
    ]),
  );

  it("gives mean, interval and seeds of each domain, then the mean over those that entered", () => {
    const figures = marks.map(({ row, algorithm, auc, low, high, seeds }) => [
      row,
      algorithm,
      ...[auc, low, high].map((value) => value && Number(value.toFixed(12))),
      seeds.map((value) => Number(value.toFixed(12))),
    ]);
    expect(figures).toEqual([
      ["A", "roga", 0.85, 0.77, 0.93, [0.9, 0.8]],
      ["A", "erm", 0.7, 0.67, 0.73, []],
      ["B", "roga", 0.45, 0.27, 0.63, [0.6, 0.3]],
      ["B", "erm", 0.5, 0.47, 0.53, []],
      ["C", "roga", null, null, null, []],
      ["C", "erm", null, null, null, []],
      ["mean of 2", "roga", 0.65, null, null, [0.75, 0.55]],
      ["mean of 2", "erm", 0.6, null, null, []],
    ]);
  });

  it("writes why a mark is missing", () => {
    expect(marks.filter(({ row }) => row === "C").map(({ missing }) => missing)).toEqual([
      "– only one class: 0 fakes, 120 reals in 2 of 2 seeds",
      "– only one class: 0 fakes, 120 reals",
    ]);
  });

  it("starts the axis below everything, and never right of 0.45", () => {
    expect(aucAxisStart(marks)).toBe(0.25);
    expect(aucAxisStart(marks.filter(({ row }) => row === "A"))).toBe(0.45);
    expect(aucAxisStart([])).toBe(0.45);
  });
});
