import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  averagePrecision,
  confusionMatrix,
  equalErrorRate,
  partialAuc,
  precisionRecallCurve,
  rankScores,
  rocAuc,
  rocCurve,
  truePositiveRateAt,
} from "../src/index.js";
import { expectClose, samples } from "./support.js";

const check = (property: (data: { labels: number[]; scores: number[] }) => void) =>
  fc.assert(fc.property(samples, property));

/** Everything that a ranking metric may depend on. */
const everything = (labels: number[], scores: number[]) => ({
  auc: rocAuc(labels, scores),
  precision: averagePrecision(labels, scores),
  partial: partialAuc(labels, scores, { maxFalsePositiveRate: 0.3 }),
  rate: truePositiveRateAt(labels, scores, { falsePositiveRate: 0.2 }),
  interpolated: equalErrorRate(labels, scores).value,
  deepfakebench: equalErrorRate(labels, scores, { convention: "deepfakebench" }).value,
  torchmetrics: equalErrorRate(labels, scores, { convention: "torchmetrics" }).value,
});

describe("AUC", () => {
  it("is the share of pairs in order, a tie counting half", () => {
    check(({ labels, scores }) => {
      let wins = 0;
      let pairs = 0;
      labels.forEach((a, i) => {
        labels.forEach((b, j) => {
          if (a === 1 && b === 0) {
            pairs++;
            wins += scores[i]! > scores[j]! ? 1 : scores[i] === scores[j] ? 0.5 : 0;
          }
        });
      });
      expect(rocAuc(labels, scores)).toBe(wins / pairs);
    });
  });

  it("is the area under the curve, intermediate points or not", () => {
    check(({ labels, scores }) => {
      for (const dropIntermediate of [true, false]) {
        const { falsePositiveRate: x, truePositiveRate: y } = rocCurve(labels, scores, { dropIntermediate });
        let area = 0;
        for (let i = 1; i < x.length; i++) area += ((x[i]! - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2;
        expectClose(area, rocAuc(labels, scores));
      }
    });
  });

  it("turns to 1 − AUC when labels flip or scores change sign, and back when both do", () => {
    check(({ labels, scores }) => {
      const auc = rocAuc(labels, scores);
      const flipped = labels.map((label) => 1 - label);
      const negated = scores.map((score) => -score);
      expectClose(rocAuc(flipped, scores), 1 - auc);
      expectClose(rocAuc(labels, negated), 1 - auc);
      expect(rocAuc(flipped, negated)).toBe(auc);
    });
  });

  it("is the partial area up to 1", () => {
    check(({ labels, scores }) => {
      expectClose(partialAuc(labels, scores, { maxFalsePositiveRate: 1 }), rocAuc(labels, scores));
    });
  });
});

describe("every ranking metric", () => {
  it("ignores the order of samples, tied or not", () => {
    fc.assert(
      fc.property(samples, fc.infiniteStream(fc.nat()), ({ labels, scores }, keys) => {
        const order = labels.map((_, i) => ({ i, key: keys.next().value })).sort((a, b) => a.key - b.key);
        const shuffle = (values: number[]) => order.map(({ i }) => values[i]!);
        expect(everything(shuffle(labels), shuffle(scores))).toEqual(everything(labels, scores));
      }),
    );
  });

  it("ignores strictly monotone transforms of the scores", () => {
    check(({ labels, scores }) => {
      // Rounded first: a transform must not make different scores equal.
      const rounded = scores.map((score) => Math.round(score));
      const expected = everything(labels, rounded);
      expect(
        everything(
          labels,
          rounded.map((score) => 8 * score - 3),
        ),
      ).toEqual(expected);
      expect(
        everything(
          labels,
          rounded.map((score) => score ** 3),
        ),
      ).toEqual(expected);
      expect(
        everything(
          labels,
          rounded.map((score) => Math.atan(score / 1000)),
        ),
      ).toEqual(expected);
    });
  });

  it("ignores how often the whole data is repeated", () => {
    check(({ labels, scores }) => {
      const once = everything(labels, scores);
      const thrice = everything([...labels, ...labels, ...labels], [...scores, ...scores, ...scores]);
      for (const [name, value] of Object.entries(once)) expectClose(thrice[name as keyof typeof once], value);
    });
  });

  it("reads every kind of array alike", () => {
    check(({ labels, scores }) => {
      const single = Float32Array.from(scores);
      const expected = everything(labels, [...single]);
      const booleans = labels.map((label) => label === 1);
      expect(rocAuc(booleans, single)).toBe(expected.auc);
      expect(rocAuc(Uint8Array.from(labels), Float64Array.from(single))).toBe(expected.auc);
      expect(averagePrecision(Int32Array.from(labels), single)).toBe(expected.precision);
    });
  });
});

describe("curves", () => {
  it("agree with decisions at each of their thresholds", () => {
    check(({ labels, scores }) => {
      const roc = rocCurve(labels, scores, { dropIntermediate: false });
      const fakes = labels.filter((label) => label === 1).length;
      roc.thresholds.forEach((threshold, i) => {
        const matrix = confusionMatrix(labels, scores, threshold);
        expectClose(matrix.truePositives / fakes, roc.truePositiveRate[i]!);
        expectClose(matrix.falsePositives / (labels.length - fakes), roc.falsePositiveRate[i]!);
      });
      const curve = precisionRecallCurve(labels, scores);
      curve.thresholds.forEach((threshold, i) => {
        const { truePositives, falsePositives } = confusionMatrix(labels, scores, threshold);
        expectClose(truePositives / (truePositives + falsePositives), curve.precision[i]!);
        expectClose(truePositives / fakes, curve.recall[i]!);
      });
    });
  });

  it("have one point a distinct score, and average precision as their step-wise area", () => {
    check(({ labels, scores }) => {
      const distinct = new Set(scores.map((score) => score + 0)).size;
      expect(rankScores(labels, scores).thresholds.length).toBe(distinct);
      const { precision, recall } = precisionRecallCurve(labels, scores);
      let area = 0;
      for (let i = 0; i + 1 < recall.length; i++) area += (recall[i]! - recall[i + 1]!) * precision[i]!;
      expectClose(averagePrecision(labels, scores), area);
    });
  });

  it("cross FPR = FNR at the interpolated equal error rate", () => {
    check(({ labels, scores }) => {
      const { value } = equalErrorRate(labels, scores);
      const reachable = truePositiveRateAt(labels, scores, { falsePositiveRate: value });
      expect(reachable).toBeGreaterThanOrEqual(1 - value - 1e-12);
      if (value > 1e-9) {
        const before = truePositiveRateAt(labels, scores, { falsePositiveRate: value - 1e-10 });
        expect(before).toBeLessThanOrEqual(1 - value + 1e-6);
      }
    });
  });
});
