import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  brierScore,
  expectedCalibrationError,
  fitPlatt,
  fitTemperature,
  logit,
  logLoss,
  type ReliabilityBin,
  reliabilityBins,
  rocAuc,
  sigmoid,
  UndefinedMetricError,
} from "../src/index.js";
import { expectAllClose, expectClose, readFixture } from "./support.js";

type Line = { slope: number; intercept: number; logLossAfter: number };
type Golden = {
  name: string;
  labels: number[];
  logits: number[];
  probabilities: number[];
  /** `null` where a probability rounds to a certain and wrong one. */
  logLoss: number | null;
  logLossOfLogits: number;
  clippedLogLoss: number;
  brier: number;
  reliability: { bins: number; strategy: "equalWidth" | "equalMass"; rows: ReliabilityBin[]; error: number }[];
  temperature: { temperature: number; logLossAfter: number } | null;
  platt: Line | null;
  plattSmoothed: Line;
};

describe.each(readFixture<Golden>("calibration.json"))("against scikit-learn and SciPy: $name", (golden) => {
  const { labels, logits, probabilities } = golden;

  it("logLoss and brierScore", () => {
    expectAllClose([logLoss(labels, probabilities)], [golden.logLoss]);
    expectClose(logLoss(labels, probabilities, { clip: 0.05 }), golden.clippedLogLoss);
    expectClose(brierScore(labels, probabilities), golden.brier);
  });

  it.each(golden.reliability)("$bins bins, $strategy", ({ bins, strategy, rows, error }) => {
    const found = reliabilityBins(labels, probabilities, { bins, strategy });
    expect(found.length).toBe(bins);
    found.forEach((bin, i) => {
      const expected = rows[i]!;
      expect(bin.count).toBe(expected.count);
      expectAllClose([bin.lower, bin.upper], [expected.lower, expected.upper]);
      if (bin.meanProbability === null || bin.fakeShare === null) {
        expect(bin).toMatchObject({ meanProbability: null, fakeShare: null });
        expect(expected.count).toBe(0);
      } else {
        expectAllClose([bin.meanProbability, bin.fakeShare], [expected.meanProbability, expected.fakeShare]);
      }
    });
    expectClose(expectedCalibrationError(labels, probabilities, { bins, strategy }), error);
  });

  it("fitTemperature", () => {
    if (golden.temperature === null) {
      expect(() => fitTemperature(labels, logits)).toThrow("every logit lies on its label's side of 0");
      return;
    }
    const fit = fitTemperature(labels, logits);
    expectClose(fit.temperature / golden.temperature.temperature, 1, 1e-11);
    expectClose(fit.logLossBefore, golden.logLossOfLogits);
    expectClose(fit.logLossAfter, golden.temperature.logLossAfter);
    expectClose(logLoss(labels, fit.apply(logits)), fit.logLossAfter);
    expectAllClose(
      fit.apply([-3, 0, 3]),
      [-3, 0, 3].map((x) => sigmoid(x / fit.temperature)),
    );
  });

  it("fitPlatt without target smoothing", () => {
    if (golden.platt === null) {
      expect(() => fitPlatt(labels, logits, { targetSmoothing: false })).toThrow("a threshold separates the classes");
      return;
    }
    const fit = fitPlatt(labels, logits, { targetSmoothing: false });
    expectClose(fit.slope, golden.platt.slope, 1e-8);
    expectClose(fit.intercept, golden.platt.intercept, 1e-8);
    expectClose(fit.logLossBefore, golden.logLossOfLogits);
    expectClose(fit.logLossAfter, golden.platt.logLossAfter);
    expectClose(logLoss(labels, fit.apply(logits)), fit.logLossAfter);
  });

  it("fitPlatt with Platt's targets, the default", () => {
    const fit = fitPlatt(labels, logits);
    expectClose(fit.slope, golden.plattSmoothed.slope, 1e-9);
    expectClose(fit.intercept, golden.plattSmoothed.intercept, 1e-9);
    expectClose(fit.logLossAfter, golden.plattSmoothed.logLossAfter);
    expect(fitPlatt(labels, logits, { targetSmoothing: true }).slope).toBe(fit.slope);
  });
});

describe("logLoss", () => {
  it("is infinite for a certain and wrong answer, unless clipped", () => {
    expect(logLoss([1, 0], [0, 0.5])).toBe(Number.POSITIVE_INFINITY);
    expect(logLoss([0, 1], [1, 1])).toBe(Number.POSITIVE_INFINITY);
    expectClose(logLoss([1], [0], { clip: 1e-3 }), -Math.log(1e-3));
  });

  it("is 0 for certain and right answers and ln 2 for none", () => {
    expect(logLoss([1, 0], [1, 0])).toBe(0);
    expectClose(logLoss([1, 0, 1], [0.5, 0.5, 0.5]), Math.LN2);
  });

  it("keeps the digits of small losses", () => {
    expectClose(logLoss([0, 0], [1e-18, 3e-18]) / 2e-18, 1);
  });
});

describe("reliabilityBins", () => {
  it("closes bins on the right, and the first on both sides", () => {
    const counts = (probabilities: number[]) =>
      reliabilityBins(
        probabilities.map(() => 1),
        probabilities,
        { bins: 4 },
      ).map((bin) => bin.count);
    expect(counts([0, 0.25, 0.5, 0.75, 1])).toEqual([2, 1, 1, 1]);
    expect(counts([0.2500001, 0.9999999])).toEqual([0, 1, 0, 1]);
  });

  it("keeps ties together in bins of equal mass", () => {
    const bins = reliabilityBins([1, 0, 0, 0, 1, 1], [0.3, 0.3, 0.3, 0.3, 0.3, 0.9], {
      bins: 3,
      strategy: "equalMass",
    });
    expect(bins.map((bin) => bin.count)).toEqual([5, 0, 1]);
    expect(bins[0]).toMatchObject({ lower: 0.3, upper: 0.3, fakeShare: 0.4 });
  });

  it("defaults to 15 of equal width", () => {
    const bins = reliabilityBins([1], [0.5]);
    expect(bins.length).toBe(15);
    expect(bins).toEqual(reliabilityBins([1], [0.5], { bins: 15, strategy: "equalWidth" }));
  });

  it("counts every sample once, in any strategy", () => {
    const rows = fc.array(
      fc.record({ label: fc.integer({ min: 0, max: 1 }), p: fc.double({ min: 0, max: 1, noNaN: true }) }),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom("equalWidth", "equalMass"),
        (data, bins, strategy) => {
          const labels = data.map((row) => row.label);
          const probabilities = data.map((row) => row.p);
          const found = reliabilityBins(labels, probabilities, { bins, strategy });
          expect(found.reduce((sum, bin) => sum + bin.count, 0)).toBe(data.length);
          for (const bin of found) {
            const inside = data.filter((row) => row.p <= bin.upper && (row.p > bin.lower || bin === found[0]));
            expect(inside.length).toBe(bin.count);
            expectClose(
              (bin.fakeShare ?? 0) * bin.count,
              inside.reduce((sum, row) => sum + row.label, 0),
            );
          }
        },
      ),
    );
  });
});

describe("calibration", () => {
  const labels = [1, 1, 0, 1, 0, 0, 1, 0];
  const logits = [4, 2.5, 1.5, 1, 0.5, -1, -2, -3];

  it("never raises the log loss it minimises", () => {
    const rows = fc.array(
      fc.record({ label: fc.integer({ min: 0, max: 1 }), x: fc.double({ min: -50, max: 50, noNaN: true }) }),
      {
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(rows, (more) => {
        const y = [...labels, ...more.map((row) => row.label)];
        const x = [...logits, ...more.map((row) => row.x)];
        const temperature = fitTemperature(y, x, { whenUndefined: "null" });
        const platt = fitPlatt(y, x, { targetSmoothing: false });
        if (temperature !== null) {
          expect(temperature.logLossAfter).toBeLessThanOrEqual(temperature.logLossBefore + 1e-12);
          expect(platt.logLossAfter).toBeLessThanOrEqual(temperature.logLossAfter + 1e-12);
        }
        expect(platt.logLossAfter).toBeLessThanOrEqual(platt.logLossBefore + 1e-12);
      }),
    );
  });

  it("scales with the logits", () => {
    const temperature = fitTemperature(labels, logits).temperature;
    const platt = fitPlatt(labels, logits);
    for (const factor of [1e-6, 3, 1e9]) {
      const scaled = logits.map((x) => factor * x);
      expectClose(fitTemperature(labels, scaled).temperature / (factor * temperature), 1, 1e-10);
      expectClose((fitPlatt(labels, scaled).slope * factor) / platt.slope, 1, 1e-8);
    }
  });

  it("leaves the ranking alone", () => {
    expect(rocAuc(labels, fitTemperature(labels, logits).apply(logits))).toBe(rocAuc(labels, logits));
    expect(rocAuc(labels, fitPlatt(labels, logits).apply(logits))).toBe(rocAuc(labels, logits));
  });

  it("Platt's slope turns negative where higher scores mean real", () => {
    const flipped = labels.map((label) => 1 - label);
    expectClose(fitPlatt(flipped, logits).slope, -fitPlatt(labels, logits).slope, 1e-9);
  });

  it("has no answer where the loss has no minimum", () => {
    const negated = logits.map((x) => -x);
    expect(() => fitTemperature(labels, negated)).toThrow("the logits do no better than chance");
    expect(fitTemperature(labels, negated, { whenUndefined: "null" })).toBeNull();
    expect(() =>
      fitPlatt(
        labels,
        labels.map(() => 2),
      ),
    ).toThrow("all scores are equal");
    expect(() => fitPlatt([1, 0, 0], [1, 1, 0], { targetSmoothing: false })).toThrow("separates");
    expect(() => fitPlatt([1, 1], [1, 2])).toThrow(UndefinedMetricError);
  });
});

describe("sigmoid and logit", () => {
  it("are each other's inverse", () => {
    for (const x of [-700, -30, -1, 0, 1e-9, 2, 30]) expectClose(logit(sigmoid(x)), x, 1e-3 * Number(x > 20) + 1e-14);
  });

  it("neither overflow nor go below 0", () => {
    expect(sigmoid(1e308)).toBe(1);
    expect(sigmoid(-1e308)).toBe(0);
    expect(logit(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(logit(1)).toBe(Number.POSITIVE_INFINITY);
    expect(() => logit(1.5)).toThrow("probability: expected a number in [0, 1], got 1.5");
  });
});
