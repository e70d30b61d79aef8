import { describe, expect, test } from "vitest";
import { Throughput } from "../src/throughput.js";

const step = (seconds: number) => ({ seconds, images: 8, forwardBackwards: 16 });

describe("Throughput", () => {
  test("before the first step nothing is known", () => {
    const speed = new Throughput();
    expect(speed.recent).toEqual({ imagesPerSecond: 0, forwardBackwardsPerSecond: 0 });
    expect(speed.secondsLeft(10, 1)).toBe(0);
  });

  test("at a constant pace every figure is exact from the first step on", () => {
    const speed = new Throughput();
    for (let i = 0; i < 50; i++) {
      speed.addStep(step(0.5));
      expect(speed.recent.imagesPerSecond).toBeCloseTo(16, 10);
      expect(speed.recent.forwardBackwardsPerSecond).toBeCloseTo(32, 10);
      expect(speed.secondsLeft(10, 0)).toBeCloseTo(5, 10);
    }
  });

  test("validations still to come count with the time of the latest", () => {
    const speed = new Throughput();
    speed.addStep(step(0.5));
    speed.addValidation(9);
    speed.addValidation(3);
    expect(speed.secondsLeft(10, 2)).toBeCloseTo(11, 10);
  });

  test("one slow step moves the estimate by its weight of 1 − e^(−1/20), not to its own pace", () => {
    const speed = new Throughput();
    for (let i = 0; i < 400; i++) speed.addStep(step(1));
    speed.addStep(step(11));
    expect(speed.secondsLeft(1, 0)).toBeCloseTo(1 + 10 * (1 - Math.exp(-1 / 20)), 6);
  });

  test("the overall speed is total images over total time", () => {
    const speed = new Throughput();
    speed.addStep(step(1));
    speed.addStep(step(3));
    expect(speed.overall).toEqual({
      imagesPerSecond: 4,
      forwardBackwardsPerSecond: 8,
      seconds: 4,
      images: 16,
      forwardBackwards: 32,
    });
  });
});
