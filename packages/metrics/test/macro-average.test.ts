import { describe, expect, it } from "vitest";
import { InvalidInputError, macroAverage, UndefinedMetricError } from "../src/index.js";

describe("macroAverage", () => {
  it("weighs domains alike and names them", () => {
    expect(macroAverage({ Deepfakes: 0.5, FaceSwap: 1, "Celeb-DF-v2": 0.75 })).toEqual({
      value: 0.75,
      domains: ["Deepfakes", "FaceSwap", "Celeb-DF-v2"],
      excluded: [],
    });
  });

  it("names the domains without a value and leaves them out of the mean", () => {
    const average = macroAverage({ Deepfakes: 0.5, "real only": null, FaceSwap: 1 });
    expect(average).toEqual({ value: 0.75, domains: ["Deepfakes", "FaceSwap"], excluded: ["real only"] });
  });

  it("is undefined where no domain has a value", () => {
    expect(() => macroAverage({})).toThrow("macroAverage is undefined: there are no domains");
    expect(() => macroAverage({ a: null, b: null })).toThrow(UndefinedMetricError);
    expect(macroAverage({ a: null }, { whenUndefined: "null" })).toBeNull();
  });

  it("refuses what is neither a number nor null", () => {
    expect(() => macroAverage({ FaceSwap: Number.NaN }, { whenUndefined: "null" })).toThrow(InvalidInputError);
    expect(() => macroAverage({ FaceSwap: Number.NaN })).toThrow(
      'perDomain["FaceSwap"]: expected a finite number or null, got NaN',
    );
  });
});
