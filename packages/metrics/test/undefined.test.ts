import { describe, expect, expectTypeOf, it } from "vitest";
import {
  accuracy,
  averagePrecision,
  balancedAccuracy,
  brierScore,
  confusionMatrix,
  delongInterval,
  type EqualErrorRate,
  equalErrorRate,
  expectedCalibrationError,
  f1Score,
  fitPlatt,
  fitTemperature,
  InvalidInputError,
  logLoss,
  matthewsCorrelation,
  type NullWhenUndefined,
  partialAuc,
  precisionRecallCurve,
  rankScores,
  reliabilityBins,
  rocAuc,
  rocCurve,
  selectThreshold,
  truePositiveRateAt,
  UndefinedMetricError,
} from "../src/index.js";

type Call = (labels: number[], scores: number[], options: NullWhenUndefined) => unknown;

/** Metrics that need a fake and a real. */
const ofBothClasses: Record<string, Call> = {
  rocCurve,
  rocAuc,
  partialAuc: (y, s, options) => partialAuc(y, s, { maxFalsePositiveRate: 0.1, ...options }),
  truePositiveRateAt: (y, s, options) => truePositiveRateAt(y, s, { falsePositiveRate: 0.1, ...options }),
  averagePrecision,
  precisionRecallCurve,
  equalErrorRate,
  selectThreshold: (y, s, options) => selectThreshold(y, s, { rule: "eer", ...options }),
  balancedAccuracy: (y, s, options) => balancedAccuracy(y, s, 0.5, options),
  matthewsCorrelation: (y, s, options) => matthewsCorrelation(y, s, 0.5, options),
  fitTemperature,
  fitPlatt,
  delongInterval,
};

/** Metrics that need a sample of either class. */
const ofAnySample: Record<string, Call> = {
  accuracy: (y, s, options) => accuracy(y, s, 0.5, options),
  logLoss,
  brierScore,
  reliabilityBins,
  expectedCalibrationError,
};

const everyMetric: Record<string, Call> = {
  ...ofBothClasses,
  ...ofAnySample,
  f1Score: (y, s, options) => f1Score(y, s, 0.5, options),
};

/** Throws UndefinedMetricError that names the metric, or gives null where asked. */
function expectUndefined(name: string, call: Call, labels: number[], scores: number[]): void {
  const thrown = () => call(labels, scores, {});
  expect(thrown).toThrow(UndefinedMetricError);
  expect(thrown).toThrow(`${name} is undefined: `);
  expect(call(labels, scores, { whenUndefined: "null" })).toBeNull();
}

describe.each(Object.entries(everyMetric))("%s", (name, call) => {
  it("is undefined without samples", () => expectUndefined(name, call, [], []));

  it("refuses unreadable input even where null was asked for", () => {
    for (const options of [{}, { whenUndefined: "null" } as const]) {
      expect(() => call([1, 0], [0.5], options)).toThrow(InvalidInputError);
      expect(() => call([], [0.5], options)).toThrow(InvalidInputError);
      expect(() => call([1, 0], [0.5, Number.NaN], options)).toThrow("[1]: expected a finite number, got NaN");
      expect(() => call([1, 0], [Number.POSITIVE_INFINITY, 0], options)).toThrow("[0]: expected a finite number");
      expect(() => call([1, 2], [0.5, 0.5], options)).toThrow("labels[1]: expected 0, 1, false or true, got 2");
    }
  });

  it("refuses an unknown answer to what to do when undefined", () => {
    const options = { whenUndefined: "nan" as "null" };
    expect(() => call([1, 0], [0.7, 0.2], options)).toThrow(
      'options.whenUndefined: expected "throw" or "null", got "nan"',
    );
  });
});

describe.each(Object.entries(ofBothClasses))("%s", (name, call) => {
  it("is undefined for fakes alone and for reals alone", () => {
    expectUndefined(name, call, [1, 1, 1], [0.1, 0.5, 0.9]);
    expectUndefined(name, call, [0, 0], [0.1, 0.9]);
  });
});

describe.each(Object.entries(ofAnySample))("%s", (_, call) => {
  it("has a value for one class", () => {
    expect(call([1], [0.75], {})).not.toBeNull();
    expect(call([0, 0], [0.1, 0.2], {})).not.toBeNull();
  });
});

describe("decisions without variety", () => {
  it("f1Score is 0 where fakes are missed, undefined where nothing is or is called fake", () => {
    expect(f1Score([1, 0], [0.1, 0.2], 0.5)).toBe(0);
    expect(f1Score([0, 0], [0.1, 0.9], 0.5)).toBe(0);
    expectUndefined("f1Score", (y, s, options) => f1Score(y, s, 0.5, options), [0, 0], [0.1, 0.2]);
  });

  it("matthewsCorrelation is undefined where every sample is called the same", () => {
    const call: Call = (y, s, options) => matthewsCorrelation(y, s, 0.5, options);
    expectUndefined("matthewsCorrelation", call, [1, 0], [0.1, 0.2]);
    expectUndefined("matthewsCorrelation", call, [1, 0], [0.8, 0.9]);
  });

  it("confusionMatrix counts no samples as zeros, and any threshold but NaN", () => {
    const zeros = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
    expect(confusionMatrix([], [], 0.5)).toEqual(zeros);
    expect(confusionMatrix(rankScores([], []), 0.5)).toEqual(zeros);
    expect(confusionMatrix([1, 0], [3, 4], Number.NEGATIVE_INFINITY)).toMatchObject({
      truePositives: 1,
      falsePositives: 1,
    });
    expect(confusionMatrix([1, 0], [3, 4], Number.POSITIVE_INFINITY)).toMatchObject({
      trueNegatives: 1,
      falseNegatives: 1,
    });
    expect(() => confusionMatrix([1], [0], Number.NaN)).toThrow("threshold: expected a number, got NaN");
    expect(() => accuracy({ ...zeros, falseNegatives: -1 })).toThrow("matrix.falseNegatives");
  });
});

describe("options out of range", () => {
  const y = [1, 0];
  const s = [0.8, 0.3];
  it.each<[string, () => unknown]>([
    ["options.maxFalsePositiveRate", () => partialAuc(y, s, { maxFalsePositiveRate: 0 })],
    ["options.maxFalsePositiveRate", () => partialAuc(y, s, { maxFalsePositiveRate: 1.1 })],
    ["options.maxFalsePositiveRate", () => partialAuc(y, s, {} as { maxFalsePositiveRate: number })],
    ["options.falsePositiveRate", () => truePositiveRateAt(y, s, { falsePositiveRate: -0.1 })],
    ["options.falsePositiveRate", () => truePositiveRateAt(y, s, { falsePositiveRate: Number.NaN })],
    ["options.convention", () => equalErrorRate(y, s, { convention: "sklearn" as "interpolated" })],
    ["options.convention", () => equalErrorRate(y, s, { convention: "toString" as "interpolated" })],
    ["options.rule", () => selectThreshold(y, s, { rule: "best" as "eer" })],
    ["options.rule.falsePositiveRate", () => selectThreshold(y, s, { rule: { falsePositiveRate: 2 } })],
    ["options.clip", () => logLoss(y, s, { clip: 0.5 })],
    ["options.bins", () => reliabilityBins(y, s, { bins: 0 })],
    ["options.strategy", () => expectedCalibrationError(y, s, { strategy: "uniform" as "equalWidth" })],
    ["options.confidence", () => delongInterval(y, s, { confidence: 0 })],
    ["options.scale", () => delongInterval(y, s, { scale: "log" as "logit" })],
    ["probabilities[0]", () => brierScore(y, [1.2, 0.3])],
    ["probabilities[1]", () => logLoss(y, [0.2, -0.1])],
  ])("%s", (path, call) => {
    expect(call).toThrow(InvalidInputError);
    expect(call).toThrow(`${path}: expected `);
    try {
      call();
    } catch (error) {
      expect(error).toMatchObject({ name: "InvalidInputError", path });
    }
  });
});

describe("what is read", () => {
  it("strings and holes are no scores, numbers other than 0 and 1 no labels", () => {
    const scores = ["0.5", "0.6"] as unknown as number[]; // as from a table nobody parsed
    expect(() => rocAuc([1, 0], scores)).toThrow('scores[0]: expected a finite number, got "0.5"');
    expect(() => rocAuc([1, 0], [0.5, undefined as unknown as number])).toThrow("scores[1]");
    expect(() => rocAuc(Uint8Array.of(1, 255), [1, 2])).toThrow("labels[1]: expected 0, 1, false or true, got 255");
    expect(() => rocAuc([1, -1], [1, 2])).toThrow("labels[1]");
    expect(() => rocAuc(Float32Array.of(1, 0.5), [1, 2])).toThrow("labels[1]");
  });

  it("arrays are not written to", () => {
    const labels = Uint8Array.of(1, 0, 1, 0);
    const scores = Float64Array.of(3, 4, 1, 2);
    rocAuc(labels, scores);
    delongInterval(labels, scores);
    averagePrecision(labels, scores);
    expect([...labels]).toEqual([1, 0, 1, 0]);
    expect([...scores]).toEqual([3, 4, 1, 2]);
  });
});

it("types: null only where asked for", () => {
  expectTypeOf(rocAuc([1, 0], [1, 0])).toEqualTypeOf<number>();
  expectTypeOf(rocAuc([1, 0], [1, 0], {})).toEqualTypeOf<number>();
  expectTypeOf(rocAuc([1, 0], [1, 0], { whenUndefined: "null" })).toEqualTypeOf<number | null>();
  expectTypeOf(rocAuc(rankScores([1, 0], [1, 0]))).toEqualTypeOf<number>();
  expectTypeOf(equalErrorRate([1, 0], [1, 0], { whenUndefined: "null" })).toEqualTypeOf<EqualErrorRate | null>();
  expectTypeOf(accuracy([1, 0], [1, 0], 0.5)).toEqualTypeOf<number>();
  expectTypeOf(accuracy([1, 0], [1, 0], 0.5, { whenUndefined: "null" })).toEqualTypeOf<number | null>();
  const either: NullWhenUndefined = { whenUndefined: "throw" };
  expectTypeOf(rocAuc([1, 0], [1, 0], either)).toEqualTypeOf<number | null>();
});
