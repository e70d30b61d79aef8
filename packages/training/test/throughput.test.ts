import { describe, expect, test } from "vitest";
import { Pace, speedOf } from "../src/throughput.js";

const step = (seconds: number) => ({ seconds, images: 8, forwardBackwards: 16 });

describe("Pace", () => {
  test("before the first step nothing is known", () => {
    const pace = new Pace();
    expect(pace.speed).toEqual({ imagesPerSecond: 0, forwardBackwardsPerSecond: 0 });
    expect(pace.secondsLeft(10, 1)).toBe(0);
  });

  test("while steps take the same time every figure is exact from the first on", () => {
    const pace = new Pace();
    for (let i = 0; i < 50; i++) {
      pace.addStep(step(0.5));
      expect(pace.speed.imagesPerSecond).toBeCloseTo(16, 10);
      expect(pace.speed.forwardBackwardsPerSecond).toBeCloseTo(32, 10);
      expect(pace.secondsLeft(10, 0)).toBeCloseTo(5, 10);
    }
  });

  test("validations still to come count with the time of the latest", () => {
    const pace = new Pace();
    pace.addStep(step(0.5));
    pace.addValidation(9);
    pace.addValidation(3);
    expect(pace.secondsLeft(10, 2)).toBeCloseTo(11, 10);
  });

  test("one slow step moves the estimate by its weight of 1 − e^(−1/20), not to its own time", () => {
    const pace = new Pace();
    for (let i = 0; i < 400; i++) pace.addStep(step(1));
    pace.addStep(step(11));
    expect(pace.secondsLeft(1, 0)).toBeCloseTo(1 + 10 * (1 - Math.exp(-1 / 20)), 6);
  });
});

test("speed is images over time, and nothing over no time is no speed", () => {
  expect(speedOf(step(4))).toEqual({ imagesPerSecond: 2, forwardBackwardsPerSecond: 4 });
  expect(speedOf({ seconds: 0, images: 0, forwardBackwards: 0 }).imagesPerSecond).toBe(0);
});
