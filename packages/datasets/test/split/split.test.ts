import {
  DatasetError,
  ofSplit,
  type Sample,
  SPLITS,
  type SplitFractions,
  splitByGroup,
  splitByIdentity,
} from "@roga/datasets";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sample } from "../support/samples.js";

const usual: SplitFractions = { train: 0.7, val: 0.15, test: 0.15 };

/** Frames of identities, with a fake beside every real. */
function framesOf(identities: number, frames: number): Sample[] {
  return Array.from({ length: identities * frames }, (_, i) => {
    const identity = `person${Math.floor(i / frames)}`;
    return sample(`${identity}/${i}`, { identity, video: identity, label: i % 2 === 0 ? 0 : 1 });
  });
}

const counts = (samples: readonly Sample[]) => SPLITS.map((split) => ofSplit(samples, split).length);

const cases = {
  samples: fc
    .array(fc.tuple(fc.nat(12), fc.nat(1)), { minLength: 40, maxLength: 80 })
    .map((rows) =>
      rows.map(([person, label], i) => sample(`${i}`, { identity: `p${person}`, label: label === 1 ? 1 : 0 })),
    )
    .filter((samples) => new Set(samples.map(({ identity }) => identity)).size >= 3),
  seed: fc.nat(),
};

describe.each([
  ["splitByIdentity", splitByIdentity],
  ["splitByGroup", splitByGroup],
] as const)("%s", (_, split) => {
  it("never has one identity in two splits, and keeps every sample in place", () => {
    fc.assert(
      fc.property(cases.samples, cases.seed, (samples, seed) => {
        const result = split(samples, usual, seed);
        expect(result.map(({ split: _, ...rest }) => rest)).toEqual(samples.map(({ split: _, ...rest }) => rest));
        const splits = new Map<string, Set<unknown>>();
        for (const { identity, split } of result) splits.set(identity, (splits.get(identity) ?? new Set()).add(split));
        for (const set of splits.values()) expect(set.size).toBe(1);
        for (const name of SPLITS) expect(ofSplit(result, name)).not.toEqual([]);
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it("depends on the seed, not on the order of the samples", () => {
    const samples = framesOf(20, 3);
    const assigned = (result: Sample[]) => new Map(result.map(({ id, split }) => [id, split]));
    const result = assigned(split(samples, usual, 5));
    expect(assigned(split([...samples].reverse(), usual, 5))).toEqual(result);
    const others = [6, 7, 8, 9, 10, 11].map((seed) => assigned(split(samples, usual, seed)));
    expect(others.some((other) => [...other].some(([id, name]) => name !== result.get(id)))).toBe(true);
  });

  it("gives the fractions of the identities", () => {
    expect(counts(split(framesOf(20, 5), usual, 1))).toEqual([70, 15, 15]);
    expect(counts(split(framesOf(20, 5), { train: 0.5, val: 0.5, test: 0 }, 1))).toEqual([50, 50, 0]);
    expect(counts(split(framesOf(7, 1), { train: 0.5, val: 0.25, test: 0.25 }, 1))).toEqual([3, 2, 2]);
  });

  it("leaves no split with a fraction empty", () => {
    expect(counts(split(framesOf(3, 1), { train: 0.98, val: 0.01, test: 0.01 }, 1))).toEqual([1, 1, 1]);
    expect(counts(split(framesOf(10, 1), { train: 0.98, val: 0.01, test: 0.01 }, 1))).toEqual([8, 1, 1]);
  });

  it.each([
    [{ train: 0.8, val: 0.1, test: 0.2 }, 10, "split: the fractions must sum to 1"],
    [{ train: 1.2, val: -0.2, test: 0 }, 10, "split.train: expected a fraction from 0 to 1, got 1.2"],
    [{ train: Number.NaN, val: 0.5, test: 0.5 }, 10, "split.train"],
    [usual, 2, "split: train, val, test need at least 3 identities, got 2"],
    [usual, 0, "split: expected at least one sample, got none"],
  ])("refuses %j of %i identities", (fractions, identities, message) => {
    const action = () => split(framesOf(identities, 2), fractions, 1);
    expect(action).toThrow(DatasetError);
    expect(action).toThrow(message);
  });
});

describe("splitByIdentity", () => {
  it("draws every identity into every split, over seeds", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      for (const { identity, split } of splitByIdentity(framesOf(6, 1), usual, seed)) seen.add(`${identity} ${split}`);
    }
    expect(seen.size).toBe(18);
  });
});

describe("splitByGroup", () => {
  const photographs = Array.from({ length: 40 }, (_, i) => sample(`image_${i + 1}`));
  const ranges = (samples: readonly Sample[]) => {
    const splits = samples.map(({ split }) => split);
    return splits.filter((split, i) => split !== splits[i - 1]);
  };

  it("cuts the natural order into one range per split", () => {
    for (let seed = 0; seed < 10; seed++) {
      const result = splitByGroup(photographs, usual, seed);
      expect(ranges(result).toSorted()).toEqual(["test", "train", "val"]);
      expect(counts(result)).toEqual([28, 6, 6]);
    }
  });

  it("puts each split at each place, over seeds", () => {
    const orders = Array.from({ length: 60 }, (_, seed) => ranges(splitByGroup(photographs, usual, seed)).join());
    expect(new Set(orders).size).toBe(6);
  });

  it("leaves a guard on either side of a border in no split", () => {
    const result = splitByGroup(photographs, usual, 3, { guard: 2 });
    const [first, second, third] = ranges(splitByGroup(photographs, usual, 3));
    expect(ranges(result)).toEqual([first, null, second, null, third]);
    expect(result.filter(({ split }) => split === null)).toHaveLength(8);
    expect(() => splitByGroup(photographs, usual, 3, { guard: 6 })).toThrow("split.guard: 6 leaves none of the 6");
    expect(() => splitByGroup(photographs, usual, 3, { guard: -1 })).toThrow("split.guard: expected a whole number");
  });
});
