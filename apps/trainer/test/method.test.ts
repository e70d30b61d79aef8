/** From configuration to algorithm. */
import { describe, expect, it } from "vitest";
import { algorithmNames } from "../src/config/algorithms.js";
import { resolveConfig } from "../src/config/load.js";
import { algorithmOf } from "../src/jobs/method.js";

const config = resolveConfig({}, "test");

describe("algorithmOf", () => {
  it.each(algorithmNames)("makes %s with its section", (algorithm) => {
    expect(algorithmOf({ algorithm, seed: 1 }, config).name).toBe(algorithm);
  });

  it("gives an algorithm the options of its own section", () => {
    const cost = (settings: object, algorithm: (typeof algorithmNames)[number]) =>
      algorithmOf({ algorithm, seed: 1 }, resolveConfig(settings, "test")).forwardBackwardsPerSample(3);
    expect(cost({ roga: { perturbedLoss: "all" } }, "roga")).toBe(4);
    for (const algorithm of ["mldg", "fish", "gacFasRelease"] as const) {
      const mixed = cost({ [algorithm]: { batchNormPass: "mixed" } }, algorithm);
      expect(mixed).toBe(algorithm === "fish" ? 3 : 6);
    }
  });
});
