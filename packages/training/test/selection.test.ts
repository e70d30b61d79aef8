import { describe, expect, test } from "vitest";
import { type BestEpoch, selectEpoch } from "../src/validation.js";

/** The epoch selected after validations with these macro AUCs. */
function selected(aucs: readonly (number | null)[]): BestEpoch | null {
  return aucs.reduce<BestEpoch | null>((best, macroAuc, index) => {
    const rest = { step: 0, auc: {}, images: 0, skipped: [], seconds: 0 };
    return selectEpoch(best, { epoch: index + 1, macroAuc, ...rest });
  }, null);
}

describe("selection by source validation", () => {
  test.each<[string, (number | null)[], BestEpoch | null]>([
    ["takes the highest AUC", [0.6, 0.9, 0.7], { epoch: 2, macroAuc: 0.9 }],
    ["takes the earlier on a tie", [0.6, 0.9, 0.9], { epoch: 2, macroAuc: 0.9 }],
    ["takes an AUC of 0 over none", [null, 0, null], { epoch: 2, macroAuc: 0 }],
    ["selects nothing where no AUC is defined", [null, null], null],
  ])("%s", (_, aucs, expected) => {
    expect(selected(aucs)).toEqual(expected);
  });
});
