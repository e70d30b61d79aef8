import { describe, expect, it } from "vitest";
import { bcaShares } from "../src/bca.js";
import {
  averagePrecision,
  type BootstrapOptions,
  bootstrapInterval,
  brierScore,
  delongInterval,
  delongTest,
  equalErrorRate,
  InvalidInputError,
  pairedBootstrap,
  rocAuc,
  scoreMetric,
  UndefinedMetricError,
} from "../src/index.js";
import { normalCdf, normalQuantile } from "../src/normal.js";
import { quantileOfSorted } from "../src/quantile.js";
import { Xoshiro128 } from "../src/random.js";
import { expectClose, readFixture } from "./support.js";

type Golden = {
  name: string;
  labels: number[];
  scores: number[];
  clusters: (string | number)[];
  statistic: "rocAuc" | "averagePrecision";
  options: BootstrapOptions;
  value: number;
  low: number;
  high: number;
  standardError: number;
  undefinedReplicates: number;
};
const metrics = { rocAuc, averagePrecision };

/** Scores of fakes around `shift` and of reals around 0, all of variance 1. */
function gaussian(seed: number, count: number, shift: number) {
  const random = Xoshiro128.forReplicate(seed, 0);
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  return { labels, scores: labels.map((label) => shift * label + normalQuantile((random.next() + 0.5) / 2 ** 32)) };
}

describe.each(readFixture<Golden>("bootstrap.json"))(
  "against the same draws in Python: $name, $statistic",
  (golden) => {
    const { labels, scores, clusters } = golden;
    const metric = metrics[golden.statistic];

    it("bootstrapInterval", () => {
      const interval = bootstrapInterval({ labels, scores, clusters }, metric, golden.options);
      expectClose(interval.value, golden.value);
      expectClose(interval.low, golden.low);
      expectClose(interval.high, golden.high);
      expectClose(interval.standardError, golden.standardError);
      expect(interval.undefinedReplicates).toBe(golden.undefinedReplicates);
      expect(interval.replicates).toBe(golden.options.replicates);
    });

    it("is the same ranked once, ranked per replicate, and written as arrays", () => {
      const samples = { labels, scores, clusters };
      const expected = bootstrapInterval(samples, metric, golden.options);
      const rankedOnce = scoreMetric((ranked) => metric(ranked));
      expect(bootstrapInterval(samples, rankedOnce, golden.options)).toEqual(expected);
      expect(bootstrapInterval(samples, (y, s) => metric(y, s), golden.options)).toEqual(expected);
      expect(bootstrapInterval(samples, (y, s) => metric(y, s, { whenUndefined: "null" }), golden.options)).toEqual(
        expected,
      );
    });
  },
);

type GoldenBca = {
  labels: number[];
  scores: number[];
  confidence: number;
  value: number;
  distribution: number[];
  jackknife: number[];
  low: number;
  high: number;
};

describe.each(readFixture<GoldenBca>("bca.json"))("BCa against SciPy, confidence $confidence", (golden) => {
  it("reads the interval at the same shares", () => {
    const { value, distribution, jackknife, confidence } = golden;
    const shares = bcaShares(value, Float64Array.from(distribution), Float64Array.from(jackknife), confidence);
    const sorted = Float64Array.from(distribution).sort();
    expectClose(quantileOfSorted(sorted, shares[0]), golden.low, 1e-10);
    expectClose(quantileOfSorted(sorted, shares[1]), golden.high, 1e-10);
  });

  it("comes near with its own draws", () => {
    const { labels, scores, confidence } = golden;
    const options = { seed: 1, replicates: 4000, confidence, method: "bca" } as const;
    const bca = bootstrapInterval({ labels, scores }, rocAuc, options);
    expectClose(bca.value, golden.value);
    // SciPy's ends come from 300 replicates; a percentile interval misses the lower one by more.
    expectClose(bca.low, golden.low, 0.03);
    expectClose(bca.high, golden.high, 0.03);
  });
});

describe("coverage", () => {
  const truth = normalCdf(1 / Math.SQRT2); // AUC of two normals one standard deviation apart

  it("a 90 % interval holds the true AUC about nine times in ten", () => {
    let held = 0;
    for (let trial = 0; trial < 200; trial++) {
      const { low, high } = bootstrapInterval(gaussian(trial, 100, 1), rocAuc, {
        seed: 5,
        replicates: 200,
        confidence: 0.9,
      });
      if (low <= truth && truth <= high) held++;
    }
    // 180 expected; 4 standard deviations either side.
    expect(held).toBeGreaterThan(162);
    expect(held).toBeLessThan(198);
  });

  it("clusters keep it honest where every frame is there ten times", () => {
    const held = { clustered: 0, single: 0 };
    for (let trial = 0; trial < 100; trial++) {
      const videos = gaussian(trial, 60, 1);
      const tenfold = <T>(values: T[]) => values.flatMap((value) => new Array<T>(10).fill(value));
      const labels = tenfold(videos.labels);
      const scores = tenfold(videos.scores);
      const clusters = tenfold(videos.labels.map((_, i) => i));
      const options = { seed: 6, replicates: 100, confidence: 0.9 };
      const holds = ({ low, high }: { low: number; high: number }) => (low <= truth && truth <= high ? 1 : 0);
      held.clustered += holds(bootstrapInterval({ labels, scores, clusters }, rocAuc, options));
      held.single += holds(bootstrapInterval({ labels, scores }, rocAuc, options));
    }
    expect(held.clustered).toBeGreaterThan(78);
    expect(held.single).toBeLessThan(60);
  });

  it("has DeLong's standard errors where samples are independent", () => {
    const { labels, scores } = gaussian(1, 600, 1);
    const interval = bootstrapInterval({ labels, scores }, rocAuc, { seed: 1, replicates: 2000 });
    expectClose(interval.standardError / delongInterval(labels, scores).standardError, 1, 0.08);

    const scoresB = gaussian(2, 600, 0.5).scores.map((score, i) => score + scores[i]!);
    const paired = pairedBootstrap({ labels, scoresA: scores, scoresB }, rocAuc, { seed: 1, replicates: 2000 });
    const test = delongTest(labels, scores, scoresB);
    expectClose(paired.difference, test.difference);
    expectClose(paired.standardError / test.standardError, 1, 0.08);
    expectClose(paired.low, test.interval.low, 0.01);
    expectClose(paired.high, test.interval.high, 0.01);
  });
});

describe("bootstrapInterval", () => {
  const samples = gaussian(3, 60, 1);

  it("is a function of its seed alone", () => {
    const interval = (seed: number) => bootstrapInterval(samples, rocAuc, { seed, replicates: 100 });
    expect(interval(1)).toEqual(interval(1));
    expect(interval(1).low).not.toBe(interval(2).low);
  });

  it("draws the first replicates alike however many follow", () => {
    const drawn: number[][] = [[], []];
    const record = (into: number[]) => (labels: Uint8Array, scores: Float64Array) => {
      const value = rocAuc(labels, scores);
      into.push(value);
      return value;
    };
    bootstrapInterval(samples, record(drawn[0]!), { seed: 9, replicates: 5 });
    bootstrapInterval(samples, record(drawn[1]!), { seed: 9, replicates: 50 });
    expect(drawn[1]!.slice(0, 6)).toEqual(drawn[0]);
  });

  it("does not care how clusters are named or which come first", () => {
    const clusters = samples.labels.map((_, i) => i % 20);
    const named = clusters.map((cluster) => `video ${cluster}`);
    const options = { seed: 4, replicates: 50 };
    expect(bootstrapInterval({ ...samples, clusters: named }, rocAuc, options)).toEqual(
      bootstrapInterval({ ...samples, clusters }, rocAuc, options),
    );
  });

  it("draws whole clusters", () => {
    const labels = [0, 0, 1, 1, 1, 0];
    const clusters = ["a", "a", "a", "b", "b", "c"];
    const sizes = new Set<string>();
    const scores = [1, 2, 3, 4, 5, 6];
    const count = (_: Uint8Array, drawn: Float64Array) => {
      const times = (score: number) => drawn.filter((each) => each === score).length;
      expect(times(1)).toBe(times(2));
      expect(times(2)).toBe(times(3));
      expect(times(4)).toBe(times(5));
      expect(times(1) + times(4) + times(6)).toBe(3);
      sizes.add(`${times(1)}${times(4)}${times(6)}`);
      return drawn.length;
    };
    const { value } = bootstrapInterval({ labels, scores, clusters }, count, { seed: 1, replicates: 300 });
    expect(value).toBe(6);
    expect(sizes.size).toBe(10); // every way to draw 3 of 3 with replacement
  });

  it("keeps the number of fakes when stratified", () => {
    const { labels, scores } = { labels: [1, 0, 0, 0, 0], scores: [5, 4, 3, 2, 1] };
    const share = (y: Uint8Array) => y.reduce((sum, label) => sum + label, 0) / y.length;
    const options = { seed: 2, replicates: 200 };
    const stratified = bootstrapInterval({ labels, scores }, share, { ...options, stratified: true });
    expect(stratified).toMatchObject({ low: 0.2, high: 0.2, standardError: 0, undefinedReplicates: 0 });
    expect(bootstrapInterval({ labels, scores }, share, options).standardError).toBeGreaterThan(0.1);
    expect(bootstrapInterval({ labels, scores }, rocAuc, { ...options, stratified: true }).undefinedReplicates).toBe(0);
    expect(bootstrapInterval({ labels, scores }, rocAuc, options).undefinedReplicates).toBeGreaterThan(40);
  });

  it("takes metrics with options, and metrics that are no ranking", () => {
    const options = { seed: 1, replicates: 40 };
    const eer = (convention: "interpolated" | "deepfakebench") =>
      bootstrapInterval(
        samples,
        scoreMetric((ranked) => equalErrorRate(ranked, { convention }).value),
        options,
      );
    expect(eer("interpolated")).toEqual(bootstrapInterval(samples, (y, s) => equalErrorRate(y, s).value, options));
    expect(eer("deepfakebench").value).not.toBe(eer("interpolated").value);
    const probabilities = samples.scores.map(normalCdf);
    const brier = bootstrapInterval({ labels: samples.labels, scores: probabilities }, brierScore, options);
    expect(brier.value).toBe(brierScore(samples.labels, probabilities));
    expect(brier.low).toBeLessThan(brier.value);
    expect(brier.high).toBeGreaterThan(brier.value);
  });

  it("widens with confidence", () => {
    const width = (confidence: number) => {
      const { low, high } = bootstrapInterval(samples, rocAuc, { seed: 1, replicates: 200, confidence });
      return high - low;
    };
    expect(width(0.99)).toBeGreaterThan(width(0.9));
    expect(width(0.9)).toBeGreaterThan(width(0.5));
  });

  it("says what is wrong with its options", () => {
    const run = (options: BootstrapOptions) => () => bootstrapInterval(samples, rocAuc, options);
    expect(run({ seed: -1 })).toThrow("options.seed: expected an integer of at least 0, got -1");
    expect(run({ seed: 0.5 })).toThrow("options.seed");
    expect(run({} as BootstrapOptions)).toThrow("options.seed: expected an integer of at least 0, got undefined");
    expect(run({ seed: 1, replicates: 1 })).toThrow("options.replicates: expected an integer of at least 2, got 1");
    expect(run({ seed: 1, confidence: 1 })).toThrow("options.confidence: expected a number in (0, 1), got 1");
    const real = { labels: [0, 0], scores: [1, 2] };
    expect(() => bootstrapInterval(real, rocAuc, { seed: -1, whenUndefined: "null" })).toThrow("options.seed");
    expect(run({ seed: 1, method: "bca", stratified: true })).toThrow("options.stratified");
    expect(run({ seed: 1, method: "basic" as "bca" })).toThrow("options.method");
  });

  it("says what is wrong with its samples", () => {
    const options = { seed: 1, replicates: 10 };
    expect(() => bootstrapInterval({ ...samples, clusters: [1, 2] }, rocAuc, options)).toThrow("clusters.length");
    const clusters = samples.labels.map((_, i) => (i === 3 ? Number.NaN : i));
    expect(() => bootstrapInterval({ ...samples, clusters }, rocAuc, options)).toThrow(
      "clusters[3]: expected a string or a finite number, got NaN",
    );
    const mixed = samples.labels.map((_, i) => i >> 1);
    expect(() => bootstrapInterval({ ...samples, clusters: mixed }, rocAuc, { ...options, stratified: true })).toThrow(
      "options.stratified: expected clusters of one label each",
    );
    expect(() => bootstrapInterval(samples, () => Number.NaN, options)).toThrow(InvalidInputError);
  });

  it("is undefined where nothing can be drawn or computed", () => {
    const options = { seed: 1, replicates: 10 };
    const real = { labels: [0, 0], scores: [1, 2] };
    expect(() => bootstrapInterval(real, rocAuc, options)).toThrow("rocAuc is undefined");
    expect(bootstrapInterval(real, rocAuc, { ...options, whenUndefined: "null" })).toBeNull();
    const clusters = samples.labels.map(() => "one video");
    expect(() => bootstrapInterval({ ...samples, clusters }, rocAuc, options)).toThrow("at least two clusters");
    let calls = 0;
    const onceOnly = () => (calls++ === 0 ? 1 : null);
    expect(() => bootstrapInterval(samples, onceOnly, options)).toThrow("a value on 0 of 10 replicates");
    expect(() => bootstrapInterval(samples, () => 1, { ...options, method: "bca" })).toThrow(UndefinedMetricError);
  });
});

describe("pairedBootstrap", () => {
  const { labels, scores: scoresA } = gaussian(5, 80, 1.5);
  const scoresB = gaussian(6, 80, 0).scores;
  const options = { seed: 3, replicates: 300 };

  it("finds a difference that is there, and its direction", () => {
    const result = pairedBootstrap({ labels, scoresA, scoresB }, rocAuc, options);
    expect(result.valueA).toBe(rocAuc(labels, scoresA));
    expect(result.valueB).toBe(rocAuc(labels, scoresB));
    expect(result.difference).toBe(result.valueA - result.valueB);
    expect(result.low).toBeGreaterThan(0);
    expect(result.pValue).toBeLessThan(0.02);
    const back = pairedBootstrap({ labels, scoresA: scoresB, scoresB: scoresA }, rocAuc, options);
    expectClose(back.low, -result.high);
    expect(back.pValue).toBe(result.pValue);
  });

  it("draws the same clusters for both", () => {
    const same = pairedBootstrap({ labels, scoresA, scoresB: scoresA.map((score) => 2 * score) }, rocAuc, options);
    expect(same).toMatchObject({ difference: 0, low: 0, high: 0, standardError: 0, pValue: 1 });
  });

  it("is wider where the samples of a cluster agree", () => {
    const twice = <T>(values: T[]) => [...values, ...values];
    const doubled = { labels: twice(labels), scoresA: twice(scoresA), scoresB: twice(scoresB) };
    const clusters = twice(labels.map((_, i) => i));
    const single = pairedBootstrap(doubled, rocAuc, options);
    const clustered = pairedBootstrap({ ...doubled, clusters }, rocAuc, options);
    expectClose(clustered.standardError, pairedBootstrap({ labels, scoresA, scoresB }, rocAuc, options).standardError);
    expect(single.standardError).toBeLessThan(0.85 * clustered.standardError);
  });

  it("is undefined with either score's statistic", () => {
    const none = { labels: [1, 1, 1], scoresA: [1, 2, 3], scoresB: [3, 2, 1] };
    expect(() => pairedBootstrap(none, rocAuc, options)).toThrow(UndefinedMetricError);
    expect(pairedBootstrap(none, rocAuc, { ...options, whenUndefined: "null" })).toBeNull();
    expect(() => pairedBootstrap({ labels, scoresA, scoresB: [1] }, rocAuc, options)).toThrow("scoresB.length");
  });
});
