import { describe, expect, it } from "vitest";
import {
  accuracy,
  averagePrecision,
  balancedAccuracy,
  type ConfusionMatrix,
  confusionMatrix,
  type EqualErrorRateConvention,
  equalErrorRate,
  f1Score,
  matthewsCorrelation,
  partialAuc,
  precisionRecallCurve,
  rankScores,
  rocAuc,
  rocCurve,
  selectThreshold,
  truePositiveRateAt,
  UndefinedMetricError,
} from "../src/index.js";
import { expectAllClose, expectClose, readFixture } from "./support.js";

type Numbers = (number | null)[];
type Curve = { falsePositiveRate: Numbers; truePositiveRate: Numbers; thresholds: Numbers };
type Golden = {
  name: string;
  labels: number[];
  scores: number[];
  auc: number;
  averagePrecision: number;
  roc: Curve;
  rocDropped: Curve;
  precisionRecall: { precision: Numbers; recall: Numbers; thresholds: Numbers };
  partialAuc: { maxFalsePositiveRate: number; standardized: number; area: number }[];
  truePositiveRateAt: { falsePositiveRate: number; interpolated: number; reached: number }[];
  equalErrorRate: Record<EqualErrorRateConvention, { value: number; threshold: number | null }>;
  youden: { threshold: number | null; falsePositiveRate: number; truePositiveRate: number };
  decisions: {
    threshold: number;
    matrix: ConfusionMatrix;
    accuracy: number;
    balancedAccuracy: number;
    f1Score: number;
    matthewsCorrelation: number | null;
  }[];
};

describe.each(readFixture<Golden>("ranking.json"))("against scikit-learn: $name", (golden) => {
  const { labels, scores } = golden;

  it("rocAuc", () => expectClose(rocAuc(labels, scores), golden.auc));

  it("averagePrecision", () => expectClose(averagePrecision(labels, scores), golden.averagePrecision));

  it.each([
    ["roc", false],
    ["rocDropped", true],
  ] as const)("rocCurve: %s", (key, dropIntermediate) => {
    const curve = rocCurve(labels, scores, { dropIntermediate });
    expectAllClose(curve.falsePositiveRate, golden[key].falsePositiveRate);
    expectAllClose(curve.truePositiveRate, golden[key].truePositiveRate);
    expectAllClose(curve.thresholds, golden[key].thresholds, 0);
  });

  it("drops intermediate points unless told otherwise", () => {
    expect(rocCurve(labels, scores)).toEqual(rocCurve(labels, scores, { dropIntermediate: true }));
  });

  it("precisionRecallCurve", () => {
    const curve = precisionRecallCurve(labels, scores);
    expectAllClose(curve.precision, golden.precisionRecall.precision);
    expectAllClose(curve.recall, golden.precisionRecall.recall);
    expectAllClose(curve.thresholds, golden.precisionRecall.thresholds, 0);
  });

  it("partialAuc", () => {
    for (const { maxFalsePositiveRate, standardized, area } of golden.partialAuc) {
      expectClose(partialAuc(labels, scores, { maxFalsePositiveRate }), standardized);
      expectClose(partialAuc(labels, scores, { maxFalsePositiveRate, standardized: false }), area);
    }
  });

  it("truePositiveRateAt", () => {
    for (const { falsePositiveRate, interpolated, reached } of golden.truePositiveRateAt) {
      expectClose(truePositiveRateAt(labels, scores, { falsePositiveRate }), interpolated);
      expectClose(truePositiveRateAt(labels, scores, { falsePositiveRate, interpolate: false }), reached);
    }
  });

  it.each(["interpolated", "deepfakebench", "torchmetrics"] as const)("equalErrorRate: %s", (convention) => {
    const { value, threshold } = equalErrorRate(labels, scores, { convention });
    const expected = golden.equalErrorRate[convention];
    expectClose(value, expected.value, convention === "torchmetrics" ? 0 : 1e-12);
    expectAllClose([threshold], [expected.threshold]);
  });

  it("selectThreshold: youden", () => {
    const selected = selectThreshold(labels, scores, { rule: "youden" });
    expectAllClose([selected.threshold], [golden.youden.threshold], 0);
    expectClose(selected.falsePositiveRate, golden.youden.falsePositiveRate);
    expectClose(selected.truePositiveRate, golden.youden.truePositiveRate);
  });

  it("decisions at thresholds", () => {
    const ranked = rankScores(labels, scores);
    for (const { threshold, matrix, ...expected } of golden.decisions) {
      expect(confusionMatrix(labels, scores, threshold)).toEqual(matrix);
      expect(confusionMatrix(ranked, threshold)).toEqual(matrix);
      expectClose(accuracy(labels, scores, threshold), expected.accuracy);
      expectClose(balancedAccuracy(labels, scores, threshold), expected.balancedAccuracy);
      expectClose(f1Score(matrix), expected.f1Score);
      if (expected.matthewsCorrelation === null) {
        expect(() => matthewsCorrelation(matrix)).toThrow(UndefinedMetricError);
      } else {
        expectClose(matthewsCorrelation(labels, scores, threshold), expected.matthewsCorrelation);
      }
    }
  });

  it("gives the same for scores ranked once", () => {
    const ranked = rankScores(labels, scores);
    expect(rocAuc(ranked)).toBe(rocAuc(labels, scores));
    expect(averagePrecision(ranked)).toBe(averagePrecision(labels, scores));
    expect(rocCurve(ranked)).toEqual(rocCurve(labels, scores));
    expect(equalErrorRate(ranked)).toEqual(equalErrorRate(labels, scores));
    const options = { maxFalsePositiveRate: 0.3 };
    expect(partialAuc(ranked, options)).toBe(partialAuc(labels, scores, options));
  });
});

describe("published examples", () => {
  it("torchmetrics.functional.classification.binary_eer", () => {
    const { value } = equalErrorRate([0, 1, 1, 0], [0, 0.5, 0.7, 0.8], { convention: "torchmetrics" });
    expect(value).toBe(0.5);
  });

  it("torchmetrics.functional.classification.eer", () => {
    const { value } = equalErrorRate([0, 0, 1, 1, 1], [0.13, 0.26, 0.08, 0.19, 0.34], { convention: "torchmetrics" });
    expectClose(value, 0.5833, 5e-5);
  });

  it("sklearn.metrics.roc_curve", () => {
    const curve = rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
    expect([...curve.falsePositiveRate]).toEqual([0, 0, 0.5, 0.5, 1]);
    expect([...curve.truePositiveRate]).toEqual([0, 0.5, 0.5, 1, 1]);
    expect([...curve.thresholds]).toEqual([Number.POSITIVE_INFINITY, 0.8, 0.4, 0.35, 0.1]);
  });
});

describe("the three conventions of the equal error rate", () => {
  const rate = (labels: number[], convention: EqualErrorRateConvention) =>
    equalErrorRate(
      labels,
      labels.map((_, i) => -i),
      { convention },
    ).value;

  it("differ where no threshold has equal errors", () => {
    // (FPR, FNR): (0, 1) (0, ½) (1, ½) (1, 0); the second and third are as far from equal.
    expect(rate([1, 0, 1], "interpolated")).toBe(0.5);
    expect(rate([1, 0, 1], "deepfakebench")).toBe(0);
    expect(rate([1, 0, 1], "torchmetrics")).toBe(0.25);
  });

  it("differ where the best point is an intermediate one, which DeepfakeBench's curve lacks", () => {
    // (FPR, FNR): (0, 1) (0, ½) (⅓, ½) (⅔, ½) (1, ½) (1, 0); the third and fourth lie on a straight line.
    expect(rate([1, 0, 0, 0, 1], "interpolated")).toBe(0.5);
    expect(rate([1, 0, 0, 0, 1], "deepfakebench")).toBe(0);
    expectClose(rate([1, 0, 0, 0, 1], "torchmetrics"), 5 / 12, 1e-7);
  });
});

describe("selectThreshold", () => {
  const labels = [1, 1, 0, 1, 0, 0, 1, 0];
  const scores = [0.9, 0.8, 0.8, 0.7, 0.5, 0.4, 0.3, 0.1];

  it("eer: the smallest difference of the two error rates, the highest of equals", () => {
    // (FPR, FNR) from 0.9 down: (0, ¾) (¼, ½) (¼, ¼) …
    const expected = { threshold: 0.7, falsePositiveRate: 0.25, truePositiveRate: 0.75 };
    expect(selectThreshold(labels, scores, { rule: "eer" })).toEqual(expected);
    expect(selectThreshold([1, 0, 1, 0], [4, 3, 2, 1], { rule: "eer" }).threshold).toBe(3);
  });

  it("falsePositiveRate: the most fakes found within it", () => {
    const at = (falsePositiveRate: number) => selectThreshold(labels, scores, { rule: { falsePositiveRate } });
    expect(at(0)).toEqual({ threshold: 0.9, falsePositiveRate: 0, truePositiveRate: 0.25 });
    expect(at(0.24)).toEqual(at(0));
    expect(at(0.25)).toEqual({ threshold: 0.7, falsePositiveRate: 0.25, truePositiveRate: 0.75 });
    expect(at(1)).toEqual({ threshold: 0.3, falsePositiveRate: 0.75, truePositiveRate: 1 });
  });

  it("gives Infinity where no score is allowed", () => {
    const nothing = { threshold: Number.POSITIVE_INFINITY, falsePositiveRate: 0, truePositiveRate: 0 };
    expect(selectThreshold([0, 1], [2, 1], { rule: { falsePositiveRate: 0.5 } })).toEqual(nothing);
    expect(selectThreshold([0, 1], [2, 1], { rule: "youden" })).toEqual(nothing);
  });

  it("agrees with the decisions made at it", () => {
    const chosen = selectThreshold(labels, scores, { rule: "youden" });
    const matrix = confusionMatrix(labels, scores, chosen.threshold);
    expect(matrix.truePositives / 4).toBe(chosen.truePositiveRate);
    expect(matrix.falsePositives / 4).toBe(chosen.falsePositiveRate);
  });
});
