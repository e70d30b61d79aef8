import { readFixture } from "@roga/test-support";
import { describe, expect, test } from "vitest";
import { type ScoreRow, type ScoreTable, SummaryError, summarize } from "../src/index.js";

interface Figures {
  auc: number;
  eer: number;
  ap: number;
}
interface Fixture {
  rows: ScoreRow[];
  frame: Record<string, Figures>;
  video: Record<string, Figures>;
}
const fixture = readFixture<Fixture>(import.meta.url, "fixtures/summary.json");
const table: ScoreTable = { rows: fixture.rows };
const bootstrap = { seed: 1, replicates: 200 };

describe.each(["frame", "video"] as const)("against scikit-learn, per %s", (level) => {
  const summary = summarize(table, { level });

  test("AUC, EER and AP of every domain, its fakes against its own or the shared reals", () => {
    expect(Object.keys(summary.domains)).toEqual(Object.keys(fixture[level]).sort());
    for (const [domain, expected] of Object.entries(fixture[level])) {
      for (const metric of ["auc", "eer", "ap"] as const) {
        expect(summary.domains[domain]![metric].value).toBeCloseTo(expected[metric], 12);
      }
    }
  });

  test("macro averages and the domains in them", () => {
    const domains = Object.keys(summary.domains);
    const mean = domains.reduce((sum, domain) => sum + fixture[level][domain]!.auc, 0) / domains.length;
    expect(summary.macro.auc.value).toBeCloseTo(mean, 12);
    expect(summary.macro.auc).toMatchObject({ domains, excluded: [] });
  });
});

describe("summarize", () => {
  test("counts frames and videos; one name in two domains or labels is several videos", () => {
    const { fakes, reals, fakeVideos, realVideos, videos } = summarize(table).domains.swap!;
    const count = (label: number, domain: string) =>
      fixture.rows.filter((r) => r.label === label && r.domain === domain);
    expect({ fakes, reals }).toEqual({ fakes: count(1, "swap").length, reals: count(0, "real").length });
    expect(fakeVideos).toBe(new Set(count(1, "swap").map((row) => row.video)).size);
    expect(realVideos).toBe(new Set(count(0, "real").map((row) => row.video)).size);
    expect(videos).toBe(fakeVideos + realVideos);
  });

  test("intervals hold the value, repeat under a seed, and are wider than those of single frames", () => {
    const { swap } = summarize(table, { bootstrap }).domains;
    const { value, low, high, reason } = swap!.auc;
    expect(reason).toBeNull();
    expect(low!).toBeLessThan(value!);
    expect(high!).toBeGreaterThan(value!);
    expect(summarize(table, { bootstrap }).domains.swap).toEqual(swap);
    // Frames of a video score alike in this table, so drawing them apart pretends to know more.
    const apart = { rows: fixture.rows.map((row) => ({ ...row, video: row.sample })) };
    const narrow = summarize(apart, { bootstrap }).domains.swap!.auc;
    expect(narrow.high! - narrow.low!).toBeLessThan(0.8 * (high! - low!));
  });

  test("what is undefined is null with its reason, and stays out of the average", () => {
    const rows = fixture.rows.filter((row) => !(row.label === 0 && row.domain !== "own"));
    const { domains, macro } = summarize({ rows }, { bootstrap });
    expect(domains.swap!.auc).toEqual({ value: null, low: null, high: null, reason: expect.stringContaining("real") });
    expect(domains.own!.auc.value).not.toBeNull();
    expect(macro.auc).toEqual({ value: domains.own!.auc.value, domains: ["own"], excluded: ["swap", "texture"] });
    const fakes = { rows: rows.filter((row) => row.label === 1) };
    expect(summarize(fakes).macro.ap).toEqual({ value: null, domains: [], excluded: ["own", "swap", "texture"] });
  });

  test("a value may be defined where its interval is not", () => {
    const one = (label: 0 | 1, score: number): ScoreRow => ({
      ...{ sample: `${label}`, video: "v", identity: "i", domain: label ? "swap" : "real" },
      ...{ label, score },
    });
    const { auc } = summarize({ rows: [one(0, 0.2), one(1, 0.9)] }, { bootstrap: { seed: 1, replicates: 2 } }).domains
      .swap!;
    expect(auc.value).toBe(1);
    if (auc.reason === null) expect([auc.low, auc.high]).toEqual([1, 1]);
    else expect([auc.low, auc.high]).toEqual([null, null]);
  });

  test("domains come in the order asked for; one that is not in the table is refused", () => {
    expect(Object.keys(summarize(table, { domains: ["texture", "own"] }).domains)).toEqual(["texture", "own"]);
    expect(() => summarize(table, { domains: ["swop"] })).toThrow(SummaryError);
    expect(() => summarize(table, { domains: ["swop"] })).toThrow('("own", "swap", "texture"), got "swop"');
  });

  test("an empty table has no domains and no average", () => {
    expect(summarize({ rows: [] })).toEqual({
      level: "frame",
      domains: {},
      macro: {
        auc: { value: null, domains: [], excluded: [] },
        eer: { value: null, domains: [], excluded: [] },
        ap: { value: null, domains: [], excluded: [] },
      },
    });
  });
});
