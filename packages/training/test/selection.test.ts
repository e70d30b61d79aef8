import { describe, expect, test } from "vitest";
import { type BestEpoch, type Selection, selectEpoch } from "../src/validation.js";

/** The epoch selected after validations with these macro AUCs. */
function selected(aucs: readonly (number | null)[], selection?: Selection): BestEpoch | null {
  return aucs.reduce<BestEpoch | null>((best, macroAuc, index) => {
    return selectEpoch(best, { epoch: index + 1, macroAuc }, selection);
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

test("selection of the last epoch takes it whatever its AUC, and nothing where it has none", () => {
  expect(selected([0.9, 0.6], "last-epoch")).toEqual({ epoch: 2, macroAuc: 0.6 });
  expect(selected([0.9, null], "last-epoch")).toBeNull();
});
