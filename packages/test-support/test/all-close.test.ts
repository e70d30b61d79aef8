import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import { readFixture, useTestEngine } from "@roga/test-support";
import { beforeAll, describe, expect, test } from "vitest";

beforeAll(useTestEngine);

describe("toBeAllClose", () => {
  test("takes |a - e| <= atol + rtol |e|, relative to the expected side", () => {
    expect([1.0000001]).toBeAllClose([1]);
    expect([1.1]).not.toBeAllClose([1]);
    expect([109]).toBeAllClose([100], { rtol: 0.1, atol: 0 });
    expect([100]).toBeAllClose([109], { rtol: 0.1, atol: 0 });
    expect([0.5]).toBeAllClose([1], { rtol: 0.5, atol: 0 });
    expect([1]).not.toBeAllClose([0.5], { rtol: 0.5, atol: 0 });
    expect([1e-9]).toBeAllClose([0]);
    expect([1e-7]).not.toBeAllClose([0]);
  });

  test("rejects what is not finite unless the same is expected in words", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect([1, value]).not.toBeAllClose([1, value]);
      expect([1, value]).not.toBeAllClose([1, 2], { atol: Number.MAX_VALUE });
      expect([1, 2]).not.toBeAllClose([1, value], { atol: Number.MAX_VALUE });
      expect([1, value]).toBeAllClose([1, value], { nonFinite: "equal" });
    }
    expect([Number.NaN]).not.toBeAllClose([Number.POSITIVE_INFINITY], { nonFinite: "equal" });
    expect([Number.NEGATIVE_INFINITY]).not.toBeAllClose([Number.POSITIVE_INFINITY], { nonFinite: "equal" });
  });

  test("compares shapes", () => {
    expect([[1, 2]]).not.toBeAllClose([1, 2]);
    expect([1, 2]).not.toBeAllClose([1, 2, 3]);
    expect([]).toBeAllClose([]);
    expect([1]).not.toBeAllClose(1);
    expect(new Float32Array([1, 2])).toBeAllClose([1, 2]);
  });

  test("takes tensors and fixture tensors", () => {
    const matrix = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    expect(matrix).toBeAllClose(
      readFixture<{ shape: number[]; values: number[] }>(import.meta.url, "fixtures/matrix.json"),
    );
    expect(matrix).toBeAllClose([
      [1, 2],
      [3, 4],
    ]);
    expect(matrix).not.toBeAllClose([1, 2, 3, 4]);
    matrix.dispose();
  });

  test("says where the worst value is", () => {
    expect(() =>
      expect([
        [1, 2],
        [3, 5],
      ]).toBeAllClose([
        [1, 2.1],
        [3, 4],
      ]),
    ).toThrow("2 of 4 values differ beyond rtol 0.00001, atol 1e-8; the worst at [1, 1]: 5 against 4 expected");
    expect(() => expect([1]).not.toBeAllClose([1])).toThrow("expected the values to differ");
  });

  test("refuses what has no shape or no numbers", () => {
    expect(() => expect([[1, 2], [3]]).toBeAllClose([1])).toThrow("ragged");
    expect(() => expect(["1"]).toBeAllClose([1])).toThrow("actual: value 0 is not a number");
    expect(() => expect(null).toBeAllClose([1])).toThrow("got null");
    expect(() => expect([1]).toBeAllClose({ shape: [2], values: [1] })).toThrow("shape [2] holds 2 values, got 1");
    expect(() => expect([1]).toBeAllClose([1], { rtol: Number.NaN })).toThrow("tolerances must be >= 0");
  });
});

test("readFixture fails on an absent file", () => {
  expect(() => readFixture(import.meta.url, "fixtures/absent.json")).toThrow("ENOENT");
});
